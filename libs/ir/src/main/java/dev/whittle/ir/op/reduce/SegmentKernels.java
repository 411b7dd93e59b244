package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** Typing and reference kernels of the operators that combine slices by segment numbers. */
final class SegmentKernels {
  private SegmentKernels() {}

  static List<TypedShape> infer(Operands operands) {
    Shape data = operands.shape(0);
    Shape numbers = operands.shape(1);
    long[] count = operands.knownIntegers(2);
    if (!data.isRankKnown() || !numbers.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    if (numbers.rank() > data.rank() || (count != null && count.length != 1)) {
      throw OperandException.invalid("segment numbers %s of %s", numbers, data);
    }
    int[] dims = new int[1 + data.rank() - numbers.rank()];
    dims[0] = count == null ? Shape.DYNAMIC : Shapes.ofContents(count).dim(0);
    for (int i = 1; i < dims.length; i++) {
      dims[i] = data.dim(numbers.rank() + i - 1);
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  /** What the greatest of no numbers is. */
  static double least(TensorType type) {
    return type == TensorType.FLOAT32 ? -Float.MAX_VALUE : ReductionKernels.least(type);
  }

  /** What the least of no numbers is. */
  static double greatest(TensorType type) {
    return type == TensorType.FLOAT32 ? Float.MAX_VALUE : ReductionKernels.greatest(type);
  }

  static void combine(
      Invocation invocation,
      double initial,
      ElementwiseKernels.FloatBinary floats,
      ElementwiseKernels.LongBinary integers) {
    Tensor in = invocation.input(0);
    Tensor numbers = invocation.input(1);
    Tensor out = invocation.output(0);
    if (invocation.inputCount() > 2) {
      out.resize(resultDims(in, numbers, invocation.input(2)));
    }
    boolean real = in.type() == TensorType.FLOAT32;
    for (long i = 0; i < out.elements(); i++) {
      if (real) {
        out.setFloat(i, (float) initial);
      } else {
        out.setInteger(i, (long) initial);
      }
    }
    long slice = Shapes.product(in.dims(), numbers.rank(), in.rank());
    if (numbers.elements() * slice != in.elements()) {
      throw OperandException.invalid("segment numbers %s of %s", numbers.shape(), in.shape());
    }
    for (long n = 0; n < numbers.elements(); n++) {
      long segment = numbers.getInteger(n);
      if (segment < 0) {
        continue;
      }
      if (segment >= out.dim(0)) {
        throw OperandException.invalid("segment %d of %d", segment, out.dim(0));
      }
      for (long k = 0; k < slice; k++) {
        long from = n * slice + k;
        long to = segment * slice + k;
        if (real) {
          out.setFloat(to, floats.apply(out.getFloat(to), in.getFloat(from)));
        } else {
          out.setInteger(to, integers.apply(out.getInteger(to), in.getInteger(from)));
        }
      }
    }
  }

  private static int[] resultDims(Tensor in, Tensor numbers, Tensor count) {
    int[] dims = new int[1 + in.rank() - numbers.rank()];
    dims[0] = Shapes.ofContents(new long[] {count.getInteger(0)}).dim(0);
    for (int i = 1; i < dims.length; i++) {
      dims[i] = in.dim(numbers.rank() + i - 1);
    }
    return dims;
  }
}
