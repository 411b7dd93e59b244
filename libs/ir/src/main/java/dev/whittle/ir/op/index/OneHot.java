package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.Arrays;
import java.util.List;

/**
 * A one-hot vector for each index in operand 0. The vector has the length in operand 1; it is
 * operand 2 at the index and operand 3 elsewhere.
 *
 * @param axis the axis of the vectors in the output; -1 for the last one
 */
public record OneHot(int axis) implements Op {
  public static final OpType<OneHot> TYPE =
      OpType.of(
          "ONE_HOT", 85, "OneHotOptions", 4, 1, options -> new OneHot(options.integer("axis", 0)));

  @Override
  public OpType<OneHot> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("axis", axis);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    long[] depth = operands.knownIntegers(1);
    if (!shape.isRankKnown()) {
      return List.of(new TypedShape(operands.type(2), Shape.UNKNOWN));
    }
    int axisIndex = Shapes.axis(axis, shape.rank() + 1);
    int[] dims = new int[shape.rank() + 1];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = i == axisIndex ? Shape.DYNAMIC : shape.dim(i < axisIndex ? i : i - 1);
    }
    if (depth != null) {
      if (depth.length != 1 || depth[0] < 0) {
        throw OperandException.invalid(
            "depth %s; expected one number of at least 0", Arrays.toString(depth));
      }
      dims[axisIndex] = Math.toIntExact(depth[0]);
    }
    return List.of(new TypedShape(operands.type(2), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(2).requireWholeBytes();
    return this::run;
  }

  private void run(Invocation invocation) {
    Tensor indices = invocation.input(0);
    Tensor out = invocation.output(0);
    int axisIndex = Shapes.axis(axis, out.rank());
    int depth = out.dim(axisIndex);
    long inner = Shapes.product(out.dims(), axisIndex + 1, out.rank());
    for (long o = 0; o < out.elements(); o++) {
      long quotient = o / inner;
      long index = quotient / depth * inner + o % inner;
      boolean on = indices.getInteger(index) == quotient % depth;
      Tensor.copy(invocation.input(on ? 2 : 3), 0, out, o, 1);
    }
  }
}
