package dev.whittle.train.network;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Output;

/**
 * A node to be built as TensorFlow operations.
 *
 * @param inputs null where an optional input is left out
 */
record NodeCall(TensorFlowOps ops, Graph graph, Node node, List<@Nullable Output<?>> inputs) {
  boolean has(int i) {
    return i < inputs.size() && inputs.get(i) != null;
  }

  Output<?> input(int i) {
    Output<?> input = i < inputs.size() ? inputs.get(i) : null;
    if (input == null) {
      throw OperandException.invalid("input %d is missing", i);
    }
    return input;
  }

  Value value(int input) {
    return graph.value(node.inputs().get(input));
  }

  /** The declared shape of an input. */
  Shape shape(int input) {
    return value(input).shape();
  }

  Value result() {
    return graph.value(node.outputs().getFirst());
  }

  /**
   * The contents of an integer constant.
   *
   * @throws OperandException if it is computed
   */
  int[] integers(int input) {
    Tensor contents = value(input).contents();
    if (contents == null) {
      throw OperandException.unsupported("input %d that is computed", input);
    }
    int[] values = new int[Math.toIntExact(contents.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.toIntExact(contents.getInteger(i));
    }
    return values;
  }

  /** A known extent of an input. */
  int dimension(int input, int axis) {
    int dimension = shape(input).dim(axis);
    if (dimension == Shape.DYNAMIC) {
      throw OperandException.unsupported("axis %d of %s, which is open", axis, shape(input));
    }
    return dimension;
  }
}
