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
 * A classifier as browsers' runtime takes it: for one picture, where ours takes any number, and
 * with floats outside where it has signed bytes, which that runtime cannot hand over.
 */
final class BrowserModel {
  private BrowserModel() {}

  /**
   * The file for browsers.
   *
   * @param dims of the input
   */
  static byte[] of(Model model, List<Integer> dims) {
    Shape shape = Shape.of(dims.stream().mapToInt(d -> d).toArray());
    List<Shape> shapes = ShapeInference.infer(model, 0, List.of(shape)).shapes();
    Graph graph = model.mainGraph();
    List<Value> values = new ArrayList<>();
    for (Value value : graph.values()) {
      boolean computed = value.data() == null && shapes.get(value.id()).isStatic();
      values.add(computed ? value.withShape(shapes.get(value.id())) : value);
    }
    List<Node> nodes = new ArrayList<>(graph.nodes());
    int input = graph.inputs().getFirst();
    int output = graph.outputs().getFirst();
    if (graph.value(input).type() == TensorType.INT8) {
      int outside = addFloat(values, input, "_float");
      nodes.addFirst(node(new Quantize(), outside, input));
      input = outside;
    }
    if (graph.value(output).type() == TensorType.INT8) {
      int outside = addFloat(values, output, "_float");
      nodes.addLast(node(new Dequantize(), output, outside));
      output = outside;
    }
    var fixed = new Graph(graph.name(), values, List.of(input), List.of(output), nodes);
    List<Graph> graphs = new ArrayList<>(model.graphs());
    graphs.set(0, fixed);
    // The browser goes by position; signatures may name what is inside now.
    List<Signature> none = List.of();
    return TfliteWriter.toBytes(model.with(graphs, none));
  }

  private static int addFloat(List<Value> values, int like, String suffix) {
    Value inside = values.get(like);
    Value outside =
        Value.of(values.size(), inside.name() + suffix, TensorType.FLOAT32, inside.shape());
    values.add(outside);
    return outside.id();
  }

  private static Node node(Op op, int from, int to) {
    return Node.of(op, List.of(from), List.of(to));
  }
}
