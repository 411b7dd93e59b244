package dev.whittle.convert.keras;

import dev.whittle.ir.OperandException;
import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The TensorFlow functions that Keras 2 keeps in a functional model ({@code TFOpLambda}, {@code
 * SlicingOpLambda}, {@code TensorFlowOpLayer}), as operations of Keras 3.
 */
final class TensorFlowCalls {
  /** An operation, and under which of its names it knows the arguments of a function. */
  private record Operation(String className, Map<String, String> attributes) {}

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
          "condition");

  private TensorFlowCalls() {}

  static void register(Layers table) {
    table.put("TFOpLambda", call -> lower(call, call.config().string("function")));
    table.put("TensorFlowOpLayer", TensorFlowCalls::opLayer);
    table.put("SlicingOpLambda", TensorFlowCalls::slice);
  }

  private static Map<String, Operation> functions() {
    Map<String, Operation> table = new HashMap<>();
    Map<String, String> reduced = Map.of("axis", "axis", "keepdims", "keepdims");
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
      table.put(prefix + "argmax", new Operation("Argmax", Map.of("axis", "axis")));
      table.put(prefix + "l2_normalize", new Operation("Normalize", Map.of("axis", "axis")));
      table.put(prefix + "cumsum", new Operation("Cumsum", Map.of("axis", "axis")));
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
    table.put("nn.gelu", new Operation("Gelu", Map.of("approximate", "approximate")));
    table.put("nn.leaky_relu", new Operation("LeakyRelu", Map.of("alpha", "negative_slope")));
    table.put("nn.softmax", new Operation("Softmax", Map.of("axis", "axis")));
    table.put("nn.log_softmax", new Operation("LogSoftmax", Map.of("axis", "axis")));
    table.put("nn.l2_normalize", new Operation("Normalize", Map.of("axis", "axis")));
    table.put(
        "nn.depth_to_space", new Operation("DepthToSpace", Map.of("block_size", "block_size")));
    table.put(
        "nn.space_to_depth", new Operation("SpaceToDepth", Map.of("block_size", "block_size")));
    table.put("cast", new Operation("Cast", Map.of("dtype", "dtype")));
    table.put("reshape", new Operation("Reshape", Map.of("shape", "newshape")));
    table.put("expand_dims", new Operation("ExpandDims", Map.of("axis", "axis")));
    table.put("squeeze", new Operation("Squeeze", Map.of("axis", "axis")));
    table.put("transpose", new Operation("Transpose", Map.of("perm", "axes")));
    table.put("compat.v1.transpose", new Operation("Transpose", Map.of("perm", "axes")));
    table.put("concat", new Operation("Concatenate", Map.of("axis", "axis")));
    table.put("stack", new Operation("Stack", Map.of("axis", "axis")));
    table.put(
        "split",
        new Operation(
            "Split", Map.of("num_or_size_splits", "indices_or_sections", "axis", "axis")));
    table.put("tile", new Operation("Tile", Map.of("multiples", "repeats")));
    table.put("pad", new Operation("Pad", Map.of("paddings", "pad_width", "mode", "mode")));
    table.put("reverse", new Operation("Flip", Map.of("axis", "axis")));
    table.put("roll", new Operation("Roll", Map.of("shift", "shift", "axis", "axis")));
    table.put("one_hot", new Operation("OneHot", Map.of("depth", "num_classes", "axis", "axis")));
    table.put("gather", new Operation("Take", Map.of("axis", "axis")));
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

  private static Argument lower(LayerCall call, String function) {
    Operation operation = FUNCTIONS.get(function);
    if (operation == null) {
      throw OperandException.unsupported(
          "the TensorFlow function tf.%s; express it with built-in layers or keras.ops", function);
    }
    List<Argument> operands = new ArrayList<>(call.args());
    Map<String, @Nullable Object> attributes = new LinkedHashMap<>();
    attributes.put("name", call.name());
    call.kwargs()
        .forEach(
            (key, argument) -> {
              String attribute = operation.attributes.get(key);
              if (attribute != null) {
                attributes.put(attribute, plain(argument));
              }
            });
    for (String key : OPERANDS) {
      Argument operand = call.kwargs().get(key);
      if (operand != null && !(operand instanceof Argument.Literal l && l.value() == null)) {
        operands.add(operand);
      }
    }
    var translated =
        new LayerCall(
            call.name(),
            operation.className,
            new Config(attributes, call.config().place()),
            call.weights(),
            operands,
            Map.of(),
            call.emit(),
            call.importer());
    return Objects.requireNonNull(Layers.OPERATIONS.get(operation.className)).lower(translated);
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

  /** Keras 2.2 to 2.3: one operation of a graph, of which the plain ones can be told by name. */
  private static Argument opLayer(LayerCall call) {
    Config node =
        call.config().has("node_def") && call.config().get("node_def") instanceof Map<?, ?>
            ? call.config().object("node_def")
            : call.config();
    if (call.config().has("constants") && !call.config().object("constants").keys().isEmpty()) {
      throw OperandException.unsupported(
          "a TensorFlow operation with constants, as Keras 2.2 kept it; save the model again with a"
              + " later Keras");
    }
    String op = node.string("op", "");
    return lower(call, "math." + WeightKeys.snakeCase(op));
  }

  private static Argument slice(LayerCall call) {
    Argument key = call.kwargs().get("slice_spec");
    if (key == null
        || call.args().isEmpty()
        || !(call.args().getFirst() instanceof Argument.OfTensor x)) {
      throw OperandException.invalid("has no slice_spec");
    }
    List<Argument> keys = key instanceof Argument.OfList list ? list.items() : List.of(key);
    return Argument.of(ShapeOperations.index(call, x.value(), keys));
  }
}
