package dev.whittle.web;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.Signature;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.type.Dequantize;
import dev.whittle.ir.op.type.Quantize;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.tflite.TfliteWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Conversion of a classifier for the TensorFlow Lite runtime in browsers. Shapes are fixed to a
 * batch of 1. Inputs and outputs of INT8, which the runtime's JavaScript interface does not have,
 * become FLOAT32.
 */
final class BrowserModel {
  private BrowserModel() {}

  /**
   * Returns the model file for browsers.
   *
   * @param dims shape of the input
   */
  static byte[] of(Model model, List<Integer> dims) {
    Shape shape = Shape.of(dims.stream().mapToInt(d -> d).toArray());
    List<Shape> shapes = ShapeInference.infer(model, 0, List.of(shape)).shapes();
    Graph graph = model.mainGraph();
    List<Value> values = new ArrayList<>();
    for (Value value : graph.values()) {
      boolean isFixed = value.data() == null && shapes.get(value.id()).isStatic();
      values.add(isFixed ? value.withShape(shapes.get(value.id())) : value);
    }
    List<Node> nodes = new ArrayList<>(graph.nodes());
    int input = graph.inputs().getFirst();
    int output = graph.outputs().getFirst();
    if (graph.value(input).type() == TensorType.INT8) {
      int floatInput = addFloat(values, input);
      nodes.addFirst(node(new Quantize(), floatInput, input));
      input = floatInput;
    }
    if (graph.value(output).type() == TensorType.INT8) {
      int floatOutput = addFloat(values, output);
      nodes.addLast(node(new Dequantize(), output, floatOutput));
      output = floatOutput;
    }
    var fixed = new Graph(graph.name(), values, List.of(input), List.of(output), nodes);
    List<Graph> graphs = new ArrayList<>(model.graphs());
    graphs.set(0, fixed);
    // Browsers refer to tensors by index. Signatures could refer to the former inputs and outputs.
    List<Signature> none = List.of();
    return TfliteWriter.toBytes(model.with(graphs, none));
  }

  /** Adds a FLOAT32 value of the same shape as another value, and returns its id. */
  private static int addFloat(List<Value> values, int quantized) {
    Value value = values.get(quantized);
    Value added =
        Value.of(values.size(), value.name() + "_float", TensorType.FLOAT32, value.shape());
    values.add(added);
    return added.id();
  }

  private static Node node(Op op, int from, int to) {
    return Node.of(op, List.of(from), List.of(to));
  }
}
