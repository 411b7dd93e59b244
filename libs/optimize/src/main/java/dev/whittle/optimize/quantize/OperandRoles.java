package dev.whittle.optimize.quantize;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** The roles of a node's operands: activations, weights and biases. */
final class OperandRoles {
  private OperandRoles() {}

  /** Returns whether an operand is present and of type FLOAT32. */
  static boolean isFloat(Graph graph, int id) {
    return id != Node.ABSENT && graph.value(id).type() == TensorType.FLOAT32;
  }

  /** Returns whether an operand is a float constant that is not stored sparse. */
  static boolean isFloatConstant(Graph graph, int id) {
    return isFloat(graph, id) && graph.value(id).contents() != null;
  }

  /** Returns the indices of float inputs that are neither weights nor biases. */
  static List<Integer> activations(Graph graph, Node node) {
    QuantizationRule rule = node.op().quantizationRule();
    List<Integer> indices = new ArrayList<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      if (i != rule.weights() && i != rule.bias() && isFloat(graph, node.inputs().get(i))) {
        indices.add(i);
      }
    }
    return indices;
  }

  /** Returns the ids of float inputs that are not constant. */
  static List<Integer> computedInputs(Graph graph, Node node) {
    return activations(graph, node).stream()
        .map(node.inputs()::get)
        .filter(id -> !graph.value(id).isConstant())
        .toList();
  }

  /** Returns the ids of float outputs. */
  static List<Integer> floatOutputs(Graph graph, Node node) {
    return node.outputs().stream().filter(id -> isFloat(graph, id)).toList();
  }

  /** Returns whether a node has a float operand. */
  static boolean touchesFloats(Graph graph, Node node) {
    return node.inputs().stream().anyMatch(id -> isFloat(graph, id))
        || node.outputs().stream().anyMatch(id -> isFloat(graph, id));
  }

  /** Returns whether all elements of a constant are finite. */
  static boolean isFinite(Value value) {
    // Infinity and NaN times zero are NaN, and so is any sum with them.
    float sum = 0;
    for (float number : floats(value)) {
      sum += number * 0;
    }
    return sum == 0;
  }

  static boolean isVariable(Graph graph, int id) {
    return id != Node.ABSENT && graph.value(id).isVariable();
  }

  /** Returns the contents of a float constant. */
  static float[] floats(Value value) {
    var contents = value.contents();
    if (contents == null) {
      throw new IllegalStateException("'" + value.name() + "' is not a dense constant");
    }
    return contents.toFloats();
  }
}
