package dev.whittle.ir.op.control;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.List;

/** Typing rules of operators that run other graphs, and access to their operands. */
final class ControlFlow {
  private ControlFlow() {}

  /** Returns the types and shapes of the inputs from {@code first} on. */
  static List<TypedShape> types(Operands operands, int first) {
    List<TypedShape> types = new ArrayList<>();
    for (int i = first; i < operands.inputCount(); i++) {
      types.add(new TypedShape(operands.type(i), operands.shape(i)));
    }
    return types;
  }

  /**
   * Returns the types and shapes that the outputs of both of two graphs have. Dimensions that
   * differ are dynamic.
   *
   * @throws OperandException if the numbers or types of outputs differ
   */
  static List<TypedShape> common(List<TypedShape> a, List<TypedShape> b) {
    if (a.size() != b.size()) {
      throw OperandException.invalid(
          "one graph has %d outputs, the other %d; expected the same number", a.size(), b.size());
    }
    List<TypedShape> common = new ArrayList<>();
    for (int i = 0; i < a.size(); i++) {
      if (a.get(i).type() != b.get(i).type()) {
        throw OperandException.invalid(
            "output %d has type %s in one graph and %s in the other; expected one type",
            i, a.get(i).type(), b.get(i).type());
      }
      common.add(new TypedShape(a.get(i).type(), common(a.get(i).shape(), b.get(i).shape())));
    }
    return common;
  }

  private static Shape common(Shape a, Shape b) {
    if (!a.isRankKnown() || !b.isRankKnown() || a.rank() != b.rank()) {
      return Shape.UNKNOWN;
    }
    int[] dims = a.toArray();
    for (int i = 0; i < dims.length; i++) {
      dims[i] = dims[i] == b.dim(i) ? dims[i] : Shape.DYNAMIC;
    }
    return Shape.of(dims);
  }

  /** Returns the inputs from {@code first} on. */
  static List<Tensor> inputs(Invocation invocation, int first) {
    List<Tensor> inputs = new ArrayList<>();
    for (int i = first; i < invocation.inputCount(); i++) {
      inputs.add(invocation.input(i));
    }
    return inputs;
  }

  static List<Tensor> outputs(Invocation invocation) {
    List<Tensor> outputs = new ArrayList<>();
    for (int i = 0; i < invocation.outputCount(); i++) {
      outputs.add(invocation.output(i));
    }
    return outputs;
  }
}
