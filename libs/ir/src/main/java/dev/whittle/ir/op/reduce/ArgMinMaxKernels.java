package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** Shape inference and reference kernels of {@link ArgMax} and {@link ArgMin}. */
final class ArgMinMaxKernels {
  private ArgMinMaxKernels() {}

  static List<TypedShape> infer(Operands operands, TensorType outputType) {
    TensorType type = operands.outputCount() > 0 ? operands.output(0).type() : outputType;
    Shape shape = operands.shape(0);
    long[] axis = operands.knownIntegers(1);
    if (!shape.isRankKnown()) {
      return List.of(new TypedShape(type, Shape.UNKNOWN));
    }
    if (axis == null) {
      return List.of(new TypedShape(type, Shapes.dynamic(Math.max(0, shape.rank() - 1))));
    }
    if (axis.length != 1) {
      throw OperandException.invalid("operand 1 has %d axes; expected 1", axis.length);
    }
    int removed = Shapes.axis(axis[0], shape.rank());
    int[] dims = new int[shape.rank() - 1];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(i < removed ? i : i + 1);
    }
    return List.of(new TypedShape(type, Shape.of(dims)));
  }

  static Kernel floats(ElementwiseKernels.FloatRelation better) {
    return invocation -> {
      Tensor in = invocation.input(0);
      run(invocation, (i, best) -> better.holds(in.getFloat(i), in.getFloat(best)));
    };
  }

  static Kernel integers(ElementwiseKernels.LongRelation better) {
    return invocation -> {
      Tensor in = invocation.input(0);
      run(invocation, (i, best) -> better.holds(in.getInteger(i), in.getInteger(best)));
    };
  }

  private static void run(Invocation invocation, ElementwiseKernels.LongRelation isBetter) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    int axis = Shapes.axis(invocation.input(1).getInteger(0), in.rank());
    long inner = Shapes.product(in.dims(), axis + 1, in.rank());
    long length = in.dim(axis);
    if (length == 0 && out.elements() > 0) {
      throw OperandException.invalid("axis %d of %s has no elements", axis, in.shape());
    }
    for (long o = 0; o < out.elements(); o++) {
      long first = o / inner * length * inner + o % inner;
      long best = 0;
      for (long k = 1; k < length; k++) {
        best = isBetter.holds(first + k * inner, first + best * inner) ? k : best;
      }
      out.setInteger(o, best);
    }
  }
}
