package dev.whittle.optimize.quantize;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Which operands of a node are activations, weights and biases. */
final class OperandRoles {
  private OperandRoles() {}

  static boolean isFloat(Graph graph, int id) {
    return id != Node.ABSENT && graph.value(id).type() == TensorType.FLOAT32;
  }

  static boolean isFloatConstant(Graph graph, int id) {
    return isFloat(graph, id) && graph.value(id).contents() != null;
  }

  /** The places of float inputs that are neither weights nor biases. */
  static List<Integer> activations(Graph graph, Node node) {
    QuantizationRule rule = node.op().quantizationRule();
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      if (i != rule.weights() && i != rule.bias() && isFloat(graph, node.inputs().get(i))) {
        places.add(i);
      }
    }
    return places;
  }

  /** The ids of float inputs that are computed or given by the caller. */
  static List<Integer> computedInputs(Graph graph, Node node) {
    return activations(graph, node).stream()
        .map(node.inputs()::get)
        .filter(id -> !graph.value(id).isConstant())
        .toList();
  }

  static List<Integer> floatOutputs(Graph graph, Node node) {
    return node.outputs().stream().filter(id -> isFloat(graph, id)).toList();
  }

  /** Whether a node has anything to quantize. */
  static boolean touchesFloats(Graph graph, Node node) {
    return node.inputs().stream().anyMatch(id -> isFloat(graph, id))
        || node.outputs().stream().anyMatch(id -> isFloat(graph, id));
  }

  static boolean isVariable(Graph graph, int id) {
    return id != Node.ABSENT && graph.value(id).isVariable();
  }

  static float[] floats(Value value) {
    var contents = value.contents();
    if (contents == null) {
      throw new IllegalStateException("'" + value.name() + "' is no plain constant");
    }
    return contents.toFloats();
  }
}
