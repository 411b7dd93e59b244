package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.WeightKeys;
import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.json.Config;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The TensorFlow functions that Keras 2 keeps in a functional model ({@code TFOpLambda}, {@code
 * SlicingOpLambda}, {@code TensorFlowOpLayer}), as operations of Keras 3.
 */
final class TensorFlowCalls {
  /**
   * An operation.
   *
   * @param attributes under which of its names it knows the arguments of a function
   * @param defaults what attributes are where the function has no argument, if the operation has
   *     another default than the function
   */
  private record Operation(
      String className, Map<String, String> attributes, Map<String, Object> defaults) {
    Operation(String className, Map<String, String> attributes) {
      this(className, attributes, Map.of());
    }
  }

  /** Prefixes of names that functions have more than one of. */
  private static final List<String> OTHER_NAMES = List.of("compat.v1.", "compat.v2.");

  /** Arguments that change no number, or do so only on other devices. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of("name", "validate_indices", "output_type", "out_type");

  /** What arguments are that may be left out, where that is not zero, false or nothing. */
  private static final Map<String, Object> DEFAULTS =
      Map.of("on_value", 1.0, "beta", 1.0, "data_format", "NHWC");

  /** The functions of the graph's operations that have no attributes but types. */
  private static final Map<String, String> GRAPH_OPERATIONS =
      Map.ofEntries(
          Map.entry("Add", "math.add"),
          Map.entry("AddV2", "math.add"),
          Map.entry("Sub", "math.subtract"),
          Map.entry("Mul", "math.multiply"),
          Map.entry("RealDiv", "math.divide"),
          Map.entry("Maximum", "math.maximum"),
          Map.entry("Minimum", "math.minimum"),
          Map.entry("Pow", "math.pow"),
          Map.entry("Neg", "math.negative"),
          Map.entry("Abs", "math.abs"),
          Map.entry("Exp", "math.exp"),
          Map.entry("Log", "math.log"),
          Map.entry("Sqrt", "math.sqrt"),
          Map.entry("Rsqrt", "math.rsqrt"),
          Map.entry("Square", "math.square"),
          Map.entry("Relu", "nn.relu"),
          Map.entry("Relu6", "nn.relu6"),
          Map.entry("Elu", "nn.elu"),
          Map.entry("Selu", "nn.selu"),
          Map.entry("Sigmoid", "math.sigmoid"),
          Map.entry("Tanh", "math.tanh"),
          Map.entry("Softplus", "math.softplus"),
          Map.entry("Softmax", "nn.softmax"));

  private static final Map<String, Object> FIRST_AXIS = Map.of("axis", 0L);

  private static final Map<String, Operation> FUNCTIONS = functions();

  /** Names that functions of several spellings have for their operands, in order. */
  private static final List<String> OPERANDS =
      List.of(
          "x",
          "y",
          "x1",
          "x2",
          "a",
          "b",
          "input",
          "input_tensor",
          "tensor",
          "features",
          "logits",
          "values",
          "images",
          "value",
          "t",
          "condition",
          "params",
          "indices");

  private TensorFlowCalls() {}

  static void register(KerasTable table) {
    table.put("TFOpLambda", call -> lower(call, call.config().string("function")));
    table.put("TensorFlowOpLayer", TensorFlowCalls::opLayer);
    table.put("SlicingOpLambda", TensorFlowCalls::slice);
  }

  private static Map<String, Operation> functions() {
    Map<String, Operation> table = new HashMap<>();
    Map<String, String> reduced = Map.of("axis", "axis", "keepdims", "keepdims");
    var normalize =
        new Operation(
            "Normalize", Map.of("axis", "axis", "epsilon", "epsilon"), Map.of("epsilon", 1e-6));
    for (String prefix : List.of("math.", "__operators__.", "")) {
      put(table, prefix + "add", "Add");
      put(table, prefix + "subtract", "Subtract");
      put(table, prefix + "sub", "Subtract");
      put(table, prefix + "multiply", "Multiply");
      put(table, prefix + "mul", "Multiply");
      put(table, prefix + "divide", "Divide");
      put(table, prefix + "truediv", "Divide");
      put(table, prefix + "floordiv", "FloorDivide");
      put(table, prefix + "pow", "Power");
      put(table, prefix + "maximum", "Maximum");
      put(table, prefix + "minimum", "Minimum");
      put(table, prefix + "abs", "Absolute");
      put(table, prefix + "neg", "Negative");
      put(table, prefix + "negative", "Negative");
      put(table, prefix + "greater", "Greater");
      put(table, prefix + "greater_equal", "GreaterEqual");
      put(table, prefix + "less", "Less");
      put(table, prefix + "less_equal", "LessEqual");
      put(table, prefix + "equal", "Equal");
      put(table, prefix + "not_equal", "NotEqual");
      put(table, prefix + "logical_and", "LogicalAnd");
      put(table, prefix + "logical_or", "LogicalOr");
      put(table, prefix + "logical_not", "LogicalNot");
      for (String name :
          List.of(
              "Exp",
              "Log",
              "Sqrt",
              "Rsqrt",
              "Square",
              "Sign",
              "Floor",
              "Ceil",
              "Round",
              "Sin",
              "Cos",
              "Tanh",
              "Sigmoid",
              "Softplus",
              "Log1p")) {
        put(table, prefix + WeightKeys.snakeCase(name), name);
      }
      table.put(prefix + "reduce_mean", new Operation("Mean", reduced));
      table.put(prefix + "reduce_sum", new Operation("Sum", reduced));
      table.put(prefix + "reduce_max", new Operation("Max", reduced));
      table.put(prefix + "reduce_min", new Operation("Min", reduced));
      table.put(prefix + "reduce_prod", new Operation("Prod", reduced));
      table.put(prefix + "reduce_std", new Operation("Std", reduced));
      table.put(prefix + "reduce_variance", new Operation("Var", reduced));
      table.put(prefix + "argmax", new Operation("Argmax", Map.of("axis", "axis"), FIRST_AXIS));
      table.put(prefix + "argmin", new Operation("Argmin", Map.of("axis", "axis"), FIRST_AXIS));
      table.put(prefix + "l2_normalize", normalize);
      table.put(
          prefix + "cumsum",
          new Operation(
              "Cumsum",
              Map.of("axis", "axis", "exclusive", "exclusive", "reverse", "reverse"),
              FIRST_AXIS));
      put(table, prefix + "floormod", "Mod");
      put(table, prefix + "erf", "Erf");
      put(table, prefix + "ne", "NotEqual");
      put(table, prefix + "eq", "Equal");
    }
    put(table, "linalg.matmul", "Matmul");
    put(table, "matmul", "Matmul");
    put(table, "identity", "Identity");
    put(table, "stop_gradient", "StopGradient");
    put(table, "where", "Where");
    for (String name :
        List.of("Relu", "Relu6", "Silu", "Selu", "Elu", "Softsign", "Sigmoid", "Tanh")) {
      put(table, "nn." + WeightKeys.snakeCase(name), name);
    }
    put(table, "nn.swish", "Silu");
    put(table, "convert_to_tensor", "Identity");
    put(table, "zeros_like", "ZerosLike");
    put(table, "ones_like", "OnesLike");
    table.put(
        "nn.gelu",
        new Operation("Gelu", Map.of("approximate", "approximate"), Map.of("approximate", false)));
    table.put("nn.leaky_relu", new Operation("LeakyRelu", Map.of("alpha", "negative_slope")));
    table.put("nn.softmax", new Operation("Softmax", Map.of("axis", "axis")));
    table.put("nn.log_softmax", new Operation("LogSoftmax", Map.of("axis", "axis")));
    table.put("nn.l2_normalize", normalize);
    table.put(
        "nn.depth_to_space", new Operation("DepthToSpace", Map.of("block_size", "block_size")));
    table.put(
        "nn.space_to_depth", new Operation("SpaceToDepth", Map.of("block_size", "block_size")));
    table.put("cast", new Operation("Cast", Map.of("dtype", "dtype")));
    table.put("reshape", new Operation("Reshape", Map.of("shape", "newshape")));
    table.put("expand_dims", new Operation("ExpandDims", Map.of("axis", "axis")));
    table.put("squeeze", new Operation("Squeeze", Map.of("axis", "axis")));
    table.put("transpose", new Operation("Transpose", Map.of("perm", "axes")));
    table.put("concat", new Operation("Concatenate", Map.of("axis", "axis")));
    table.put("stack", new Operation("Stack", Map.of("axis", "axis")));
    table.put(
        "split",
        new Operation(
            "Split", Map.of("num_or_size_splits", "indices_or_sections", "axis", "axis")));
    table.put("tile", new Operation("Tile", Map.of("multiples", "repeats")));
    table.put(
        "pad",
        new Operation(
            "Pad",
            Map.of("paddings", "pad_width", "mode", "mode", "constant_values", "constant_values")));
    table.put("repeat", new Operation("Repeat", Map.of("repeats", "repeats", "axis", "axis")));
    table.put("unstack", new Operation("Unstack", Map.of("num", "num", "axis", "axis")));
    table.put("reverse", new Operation("Flip", Map.of("axis", "axis")));
    table.put("roll", new Operation("Roll", Map.of("shift", "shift", "axis", "axis")));
    table.put("one_hot", new Operation("OneHot", Map.of("depth", "num_classes", "axis", "axis")));
    table.put("gather", new Operation("Take", Map.of("axis", "axis"), FIRST_AXIS));
    table.put(
        "clip_by_value",
        new Operation("Clip", Map.of("clip_value_min", "x_min", "clip_value_max", "x_max")));
    table.put(
        "image.resize", new Operation("Resize", Map.of("size", "size", "method", "interpolation")));
    return Map.copyOf(table);
  }

  private static void put(Map<String, Operation> table, String function, String className) {
    table.put(function, new Operation(className, Map.of()));
  }

  private static Argument lower(LayerCall call, String stated) {
    String function = stated;
    for (String prefix : OTHER_NAMES) {
      // Pictures were resized otherwise then.
      boolean same = function.startsWith(prefix) && !function.startsWith(prefix + "image.");
      function = same ? function.substring(prefix.length()) : function;
    }
    Operation operation = FUNCTIONS.get(function);
    if (operation == null) {
      throw OperandException.unsupported(
          "the TensorFlow function tf.%s; express it with built-in layers or keras.ops", function);
    }
    List<Argument> operands = new ArrayList<>(call.args());
    if (function.endsWith("l2_normalize") && !call.kwargs().containsKey("axis")) {
      throw OperandException.unsupported("tf.%s over all axes", function);
    }
    for (String key : OPERANDS) {
      Argument operand = call.kwargs().get(key);
      if (operand != null && !isNothing(operand)) {
        operands.add(operand);
      }
    }
    Map<String, @Nullable Object> attributes = new LinkedHashMap<>(operation.defaults);
    attributes.put("name", call.name());
    for (Map.Entry<String, Argument> entry : call.kwargs().entrySet()) {
      String key = entry.getKey();
      Argument argument = entry.getValue();
      String attribute = operation.attributes.get(key);
      if (attribute != null && !isNothing(argument)) {
        attributes.put(attribute, translated(key, plain(argument)));
      } else if (key.equals("transpose_a") || key.equals("transpose_b")) {
        if (isTrue(argument)) {
          transpose(call, operands, key.equals("transpose_a") ? 0 : 1);
        }
      } else if (attribute == null && !OPERANDS.contains(key) && !isDefault(key, argument)) {
        throw OperandException.unsupported(
            "the argument '%s' of the TensorFlow function tf.%s; express it with built-in layers or"
                + " keras.ops",
            key, function);
      }
    }
    var translated =
        new LayerCall(
            call.name(),
            operation.className,
            call.config().withFields(attributes),
            call.weights(),
            operands,
            Map.of(),
            call.emit(),
            call.importer());
    return Objects.requireNonNull(KerasOperations.TABLE.get(operation.className)).lower(translated);
  }

  private static boolean isNothing(Argument argument) {
    return argument instanceof Argument.Literal literal && literal.value() == null;
  }

  private static boolean isTrue(Argument argument) {
    return argument instanceof Argument.Literal literal && Boolean.TRUE.equals(literal.value());
  }

  private static boolean isDefault(String key, Argument argument) {
    if (WITHOUT_EFFECT.contains(key)) {
      return true;
    }
    if (!(argument instanceof Argument.Literal literal)) {
      return false;
    }
    return switch (literal.value()) {
      case null -> true;
      case Boolean flag -> !flag;
      case Number number ->
          number.doubleValue() == (DEFAULTS.get(key) instanceof Double d ? d : 0.0);
      default -> literal.value().equals(DEFAULTS.get(key));
    };
  }

  /** What an argument is for the operation of Keras 3. */
  private static @Nullable Object translated(String key, @Nullable Object value) {
    return switch (key) {
      case "mode" -> value instanceof String mode ? mode.toLowerCase(Locale.ROOT) : value;
      // Added to the square of the norm there, to the norm here.
      case "epsilon" -> value instanceof Number number ? Math.sqrt(number.doubleValue()) : value;
      // Extents there, where parts end here.
      case "num_or_size_splits" -> value instanceof List<?> sizes ? ends(sizes) : value;
      default -> value;
    };
  }

  private static List<Long> ends(List<?> sizes) {
    List<Long> ends = new ArrayList<>();
    long end = 0;
    for (Object size : sizes.subList(0, Math.max(0, sizes.size() - 1))) {
      if (!(size instanceof Long dimension) || dimension < 0) {
        throw OperandException.unsupported("parts of the size %s", size);
      }
      end += dimension;
      ends.add(end);
    }
    return ends;
  }

  /** Exchanges the last two axes of an operand. */
  private static void transpose(LayerCall call, List<Argument> operands, int index) {
    if (index >= operands.size() || !(operands.get(index) instanceof Argument.OfTensor tensor)) {
      throw OperandException.unsupported("a transposed operand that is no tensor");
    }
    int rank = tensor.value().shape().rank();
    if (rank < 2) {
      throw OperandException.invalid("a transposed operand of rank %d", rank);
    }
    int[] order = new int[rank];
    Arrays.setAll(order, axis -> axis);
    order[rank - 2] = rank - 1;
    order[rank - 1] = rank - 2;
    operands.set(index, Argument.of(call.emit().transpose(tensor.value(), order)));
  }

  /** An argument as a configuration would state it. */
  private static @Nullable Object plain(Argument argument) {
    return switch (argument) {
      case Argument.Literal literal -> literal.value();
      case Argument.OfList list -> {
        List<@Nullable Object> items = new ArrayList<>();
        list.items().forEach(item -> items.add(plain(item)));
        yield items;
      }
      default -> throw OperandException.unsupported("an attribute that is computed");
    };
  }

  /**
   * TensorFlow 2.0 to 2.3: one operation of a graph, of which the plain ones can be told by name.
   */
  private static Argument opLayer(LayerCall call) {
    Config config = call.config();
    Config node =
        switch (config.get("node_def")) {
          case String text ->
              Config.parse(
                  text.getBytes(StandardCharsets.UTF_8),
                  config.place() + ".node_def",
                  MalformedModelException::new);
          case Map<?, ?> object -> config.object("node_def");
          case null, default -> config;
        };
    String op = node.string("op", "");
    String function = GRAPH_OPERATIONS.get(op);
    if (function == null) {
      throw OperandException.unsupported(
          "the TensorFlow operation %s; express it with built-in layers or keras.ops", op);
    }
    List<Argument> operands = new ArrayList<>();
    call.args()
        .forEach(
            argument -> {
              if (argument instanceof Argument.OfList list) {
                operands.addAll(list.items());
              } else {
                operands.add(argument);
              }
            });
    if (config.has("constants")) {
      Config constants = config.object("constants");
      constants.keys().stream()
          .sorted(Comparator.comparingInt(TensorFlowCalls::place))
          .forEach(
              key -> {
                if (!(constants.get(key) instanceof Number number)
                    || place(key) > operands.size()) {
                  throw OperandException.unsupported(
                      "a constant of the TensorFlow operation %s that is no single number", op);
                }
                operands.add(place(key), new Argument.Literal(number));
              });
    }
    return lower(call.with(operands, Map.of()), function);
  }

  private static int place(String key) {
    return key.matches("\\d{1,4}") ? Integer.parseInt(key) : Integer.MAX_VALUE;
  }

  private static Argument slice(LayerCall call) {
    Argument key = call.kwargs().get("slice_spec");
    if (key == null
        || call.args().isEmpty()
        || !(call.args().getFirst() instanceof Argument.OfTensor x)) {
      throw OperandException.invalid("has no slice_spec");
    }
    List<Argument> keys = key instanceof Argument.OfList list ? list.items() : List.of(key);
    return Argument.of(KerasIndexOperations.index(call, x.value(), keys));
  }
}
