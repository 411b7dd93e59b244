package dev.whittle.train.network;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Output;

/**
 * A node to lower, with its operands.
 *
 * @param ops the builder of TensorFlow operations
 * @param inputs the operands; null for an absent optional input
 */
record NodeCall(TensorFlowOps ops, Graph graph, Node node, List<@Nullable Output<?>> inputs) {
  boolean has(int i) {
    return i < inputs.size() && inputs.get(i) != null;
  }

  Output<?> input(int i) {
    Output<?> input = i < inputs.size() ? inputs.get(i) : null;
    if (input == null) {
      throw OperandException.invalid("input %d is required but absent", i);
    }
    return input;
  }

  /** Returns all inputs, none of which may be missing. */
  List<Output<?>> allInputs() {
    List<Output<?>> all = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      all.add(input(i));
    }
    return all;
  }

  Value value(int input) {
    return graph.value(node.inputs().get(input));
  }

  /** Returns the declared shape of an input. */
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

  /**
   * Returns the size of an axis of an input.
   *
   * @throws OperandException if it is dynamic
   */
  int dimension(int input, int axis) {
    int dimension = shape(input).dim(axis);
    if (dimension == Shape.DYNAMIC) {
      throw OperandException.unsupported(
          "a dynamic axis %d of input %d, whose shape is %s", axis, input, shape(input));
    }
    return dimension;
  }
}
