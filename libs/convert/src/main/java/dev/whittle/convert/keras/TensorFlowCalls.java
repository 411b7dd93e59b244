package dev.whittle.convert.keras;

import dev.whittle.convert.keras.file.WeightKeys;
import dev.whittle.convert.lower.Emitter;
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
   * The operation of Keras 3 that stands for a function.
   *
   * @param attributes the names of its attributes by the function's arguments
   * @param defaults the function's defaults where the operation has others
   */
  private record Operation(
      String className, Map<String, String> attributes, Map<String, Object> defaults) {
    Operation(String className, Map<String, String> attributes) {
      this(className, attributes, Map.of());
    }

    Operation(String className) {
      this(className, Map.of());
    }
  }

  /** Prefixes of alternative names of functions. */
  private static final List<String> OTHER_NAMES = List.of("compat.v1.", "compat.v2.");

  /** Arguments that do not change the result. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of("name", "validate_indices", "output_type", "out_type");

  /** The defaults of arguments that are not zero, false or None. */
  private static final Map<String, Object> DEFAULTS =
      Map.of("on_value", 1.0, "beta", 1.0, "data_format", "NHWC");

  /** The functions of graph operations without attributes other than types. */
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

  /** The names of operands, in order. */
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

  /** The functions by name; a class of its own, so that the table is made on first use. */
  private static final class Functions {
    private static final List<String> MATH_PREFIXES = List.of("math.", "__operators__.", "");

    /** Elementwise functions of {@code tf.math} whose names are not those of Keras. */
    private static final Map<String, String> MATH =
        Map.ofEntries(
            Map.entry("add", "Add"),
            Map.entry("subtract", "Subtract"),
            Map.entry("sub", "Subtract"),
            Map.entry("multiply", "Multiply"),
            Map.entry("mul", "Multiply"),
            Map.entry("divide", "Divide"),
            Map.entry("truediv", "Divide"),
            Map.entry("floordiv", "FloorDivide"),
            Map.entry("floormod", "Mod"),
            Map.entry("pow", "Power"),
            Map.entry("maximum", "Maximum"),
            Map.entry("minimum", "Minimum"),
            Map.entry("abs", "Absolute"),
            Map.entry("neg", "Negative"),
            Map.entry("negative", "Negative"),
            Map.entry("erf", "Erf"),
            Map.entry("greater", "Greater"),
            Map.entry("greater_equal", "GreaterEqual"),
            Map.entry("less", "Less"),
            Map.entry("less_equal", "LessEqual"),
            Map.entry("equal", "Equal"),
            Map.entry("eq", "Equal"),
            Map.entry("not_equal", "NotEqual"),
            Map.entry("ne", "NotEqual"),
            Map.entry("logical_and", "LogicalAnd"),
            Map.entry("logical_or", "LogicalOr"),
            Map.entry("logical_not", "LogicalNot"));

    /** Functions of {@code tf.math} with the names of Keras, in snake case. */
    private static final List<String> MATH_AS_IN_KERAS =
        List.of(
            "Exp",
            "Log",
            "Log1p",
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
            "Softplus");

    private static final Map<String, String> REDUCTIONS =
        Map.of(
            "reduce_mean", "Mean",
            "reduce_sum", "Sum",
            "reduce_max", "Max",
            "reduce_min", "Min",
            "reduce_prod", "Prod",
            "reduce_std", "Std",
            "reduce_variance", "Var");

    private static final Map<String, String> AXIS = Map.of("axis", "axis");
    private static final Map<String, Object> FIRST_AXIS = Map.of("axis", 0L);

    private static final Operation NORMALIZE =
        new Operation(
            "Normalize", Map.of("axis", "axis", "epsilon", "epsilon"), Map.of("epsilon", 1e-6));

    private static final Operation CUMULATIVE_SUM =
        new Operation(
            "Cumsum",
            Map.of("axis", "axis", "exclusive", "exclusive", "reverse", "reverse"),
            FIRST_AXIS);

    /** Activation functions of {@code tf.nn} with the names of Keras, in snake case. */
    private static final List<String> ACTIVATIONS =
        List.of("Relu", "Relu6", "Silu", "Selu", "Elu", "Softsign", "Sigmoid", "Tanh");

    private static final Map<String, Operation> NETWORK =
        Map.ofEntries(
            Map.entry("nn.swish", new Operation("Silu")),
            Map.entry(
                "nn.gelu",
                new Operation(
                    "Gelu", Map.of("approximate", "approximate"), Map.of("approximate", false))),
            Map.entry(
                "nn.leaky_relu", new Operation("LeakyRelu", Map.of("alpha", "negative_slope"))),
            Map.entry("nn.softmax", new Operation("Softmax", AXIS)),
            Map.entry("nn.log_softmax", new Operation("LogSoftmax", AXIS)),
            Map.entry("nn.l2_normalize", NORMALIZE),
            Map.entry(
                "nn.depth_to_space",
                new Operation("DepthToSpace", Map.of("block_size", "block_size"))),
            Map.entry(
                "nn.space_to_depth",
                new Operation("SpaceToDepth", Map.of("block_size", "block_size"))),
            Map.entry(
                "image.resize",
                new Operation("Resize", Map.of("size", "size", "method", "interpolation"))),
            Map.entry("linalg.matmul", new Operation("Matmul")),
            Map.entry("matmul", new Operation("Matmul")));

    private static final Map<String, Operation> VALUES =
        Map.ofEntries(
            Map.entry("identity", new Operation("Identity")),
            Map.entry("stop_gradient", new Operation("StopGradient")),
            Map.entry("convert_to_tensor", new Operation("Identity")),
            Map.entry("zeros_like", new Operation("ZerosLike")),
            Map.entry("ones_like", new Operation("OnesLike")),
            Map.entry("where", new Operation("Where")),
            Map.entry("cast", new Operation("Cast", Map.of("dtype", "dtype"))),
            Map.entry(
                "clip_by_value",
                new Operation(
                    "Clip", Map.of("clip_value_min", "x_min", "clip_value_max", "x_max"))),
            Map.entry("gather", new Operation("Take", AXIS, FIRST_AXIS)),
            Map.entry(
                "one_hot",
                new Operation("OneHot", Map.of("depth", "num_classes", "axis", "axis"))));

    private static final Map<String, Operation> SHAPES =
        Map.ofEntries(
            Map.entry("reshape", new Operation("Reshape", Map.of("shape", "newshape"))),
            Map.entry("expand_dims", new Operation("ExpandDims", AXIS)),
            Map.entry("squeeze", new Operation("Squeeze", AXIS)),
            Map.entry("transpose", new Operation("Transpose", Map.of("perm", "axes"))),
            Map.entry("concat", new Operation("Concatenate", AXIS)),
            Map.entry("stack", new Operation("Stack", AXIS)),
            Map.entry("unstack", new Operation("Unstack", Map.of("num", "num", "axis", "axis"))),
            Map.entry(
                "split",
                new Operation(
                    "Split", Map.of("num_or_size_splits", "indices_or_sections", "axis", "axis"))),
            Map.entry("tile", new Operation("Tile", Map.of("multiples", "repeats"))),
            Map.entry(
                "repeat", new Operation("Repeat", Map.of("repeats", "repeats", "axis", "axis"))),
            Map.entry(
                "pad",
                new Operation(
                    "Pad",
                    Map.of(
                        "paddings", "pad_width",
                        "mode", "mode",
                        "constant_values", "constant_values"))),
            Map.entry("reverse", new Operation("Flip", AXIS)),
            Map.entry("roll", new Operation("Roll", Map.of("shift", "shift", "axis", "axis"))));

    static final Map<String, Operation> ALL = all();

    private static Map<String, Operation> all() {
      Map<String, Operation> all = new HashMap<>(NETWORK);
      all.putAll(VALUES);
      all.putAll(SHAPES);
      for (String name : ACTIVATIONS) {
        all.put("nn." + WeightKeys.snakeCase(name), new Operation(name));
      }
      Map<String, String> reduced = Map.of("axis", "axis", "keepdims", "keepdims");
      for (String prefix : MATH_PREFIXES) {
        MATH.forEach((function, name) -> all.put(prefix + function, new Operation(name)));
        for (String name : MATH_AS_IN_KERAS) {
          all.put(prefix + WeightKeys.snakeCase(name), new Operation(name));
        }
        REDUCTIONS.forEach((f, name) -> all.put(prefix + f, new Operation(name, reduced)));
        all.put(prefix + "argmax", new Operation("Argmax", AXIS, FIRST_AXIS));
        all.put(prefix + "argmin", new Operation("Argmin", AXIS, FIRST_AXIS));
        all.put(prefix + "l2_normalize", NORMALIZE);
        all.put(prefix + "cumsum", CUMULATIVE_SUM);
      }
      return Map.copyOf(all);
    }
  }

  private static Argument lower(LayerCall call, String stated) {
    String function = stated;
    for (String prefix : OTHER_NAMES) {
      // TensorFlow 1 resizes images in another way.
      boolean same = function.startsWith(prefix) && !function.startsWith(prefix + "image.");
      function = same ? function.substring(prefix.length()) : function;
    }
    Operation operation = Functions.ALL.get(function);
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

  /** Returns the value of an argument in the form of the Keras 3 operation. */
  private static @Nullable Object translated(String key, @Nullable Object value) {
    return switch (key) {
      case "mode" -> value instanceof String mode ? mode.toLowerCase(Locale.ROOT) : value;
      // TensorFlow bounds the square of the norm, Keras the norm.
      case "epsilon" -> value instanceof Number number ? Math.sqrt(number.doubleValue()) : value;
      // TensorFlow states the sizes of parts, Keras the indices of their ends.
      case "num_or_size_splits" -> value instanceof List<?> sizes ? ends(sizes) : value;
      default -> value;
    };
  }

  private static List<Long> ends(List<?> sizes) {
    List<Long> ends = new ArrayList<>();
    long end = 0;
    for (Object size : sizes.subList(0, Math.max(0, sizes.size() - 1))) {
      if (!(size instanceof Long dimension) || dimension < 0) {
        throw OperandException.unsupported("a part of size %s", size);
      }
      end += dimension;
      ends.add(end);
    }
    return ends;
  }

  /** Swaps the last two axes of an operand. */
  private static void transpose(LayerCall call, List<Argument> operands, int index) {
    if (index >= operands.size() || !(operands.get(index) instanceof Argument.OfTensor tensor)) {
      throw OperandException.unsupported("a transposed operand that is not a tensor");
    }
    int rank = Emitter.rank(tensor.value());
    if (rank < 2) {
      throw OperandException.invalid("a transposed operand of rank %d", rank);
    }
    int[] order = new int[rank];
    Arrays.setAll(order, axis -> axis);
    order[rank - 2] = rank - 1;
    order[rank - 1] = rank - 2;
    operands.set(index, Argument.of(call.emit().transpose(tensor.value(), order)));
  }

  /** Returns an argument in the form of a configuration. */
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
   * Lowers one operation of a graph, as TensorFlow 2.0 to 2.3 save it. Those without attributes are
   * identified by their names.
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
                      "a constant of the TensorFlow operation %s that is not a single number", op);
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
      throw OperandException.invalid("its argument 'slice_spec' is missing");
    }
    List<Argument> keys = key instanceof Argument.OfList list ? list.items() : List.of(key);
    return Argument.of(KerasIndexOperations.index(call, x.value(), keys));
  }
}
