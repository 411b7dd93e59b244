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

/** Shape inference and reference kernels of the segment reductions. */
final class SegmentKernels {
  private SegmentKernels() {}

  static List<TypedShape> infer(Operands operands) {
    Shape data = operands.shape(0);
    Shape ids = operands.shape(1);
    long[] count = operands.knownIntegers(2);
    if (!data.isRankKnown() || !ids.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    if (ids.rank() > data.rank() || (count != null && count.length != 1)) {
      throw OperandException.invalid("segment ids %s do not fit the data %s", ids, data);
    }
    int[] dims = new int[1 + data.rank() - ids.rank()];
    dims[0] = count == null ? Shape.DYNAMIC : Shapes.ofContents(count).dim(0);
    for (int i = 1; i < dims.length; i++) {
      dims[i] = data.dim(ids.rank() + i - 1);
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  /** Returns the maximum of an empty segment. */
  static double emptyMax(TensorType type) {
    return type == TensorType.FLOAT32 ? -Float.MAX_VALUE : ReductionKernels.min(type);
  }

  /** Returns the minimum of an empty segment. */
  static double emptyMin(TensorType type) {
    return type == TensorType.FLOAT32 ? Float.MAX_VALUE : ReductionKernels.max(type);
  }

  /**
   * Reduces the slices of each segment. Slices with a negative id are skipped.
   *
   * @param invocation the operands: data, segment ids and, unless the output has its final shape,
   *     the number of segments
   * @param initial the result of an empty segment
   * @param floats the function of floats
   * @param integers the function of integers
   */
  static void reduce(
      Invocation invocation,
      double initial,
      ElementwiseKernels.FloatBinary floats,
      ElementwiseKernels.LongBinary integers) {
    Tensor in = invocation.input(0);
    Tensor ids = invocation.input(1);
    Tensor out = invocation.output(0);
    if (invocation.inputCount() > 2) {
      out.resize(resultDims(in, ids, invocation.input(2)));
    }
    boolean real = in.type() == TensorType.FLOAT32;
    for (long i = 0; i < out.elements(); i++) {
      if (real) {
        out.setFloat(i, (float) initial);
      } else {
        out.setInteger(i, (long) initial);
      }
    }
    long slice = Shapes.product(in.dims(), ids.rank(), in.rank());
    if (ids.elements() * slice != in.elements()) {
      throw OperandException.invalid(
          "segment ids %s do not fit the data %s", ids.shape(), in.shape());
    }
    for (long n = 0; n < ids.elements(); n++) {
      long segment = ids.getInteger(n);
      if (segment < 0) {
        continue;
      }
      if (segment >= out.dim(0)) {
        throw OperandException.invalid(
            "segment id %d; expected at most %d", segment, out.dim(0) - 1);
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

  private static int[] resultDims(Tensor in, Tensor ids, Tensor count) {
    int[] dims = new int[1 + in.rank() - ids.rank()];
    dims[0] = Shapes.ofContents(new long[] {count.getInteger(0)}).dim(0);
    for (int i = 1; i < dims.length; i++) {
      dims[i] = in.dim(ids.rank() + i - 1);
    }
    return dims;
  }
}
