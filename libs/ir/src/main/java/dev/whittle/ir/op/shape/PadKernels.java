package dev.whittle.ir.op.shape;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;

/** Typing and reference kernels of the operators that put a rim around a tensor. */
final class PadKernels {
  private PadKernels() {}

  static Shape infer(Operands operands) {
    Shape shape = operands.shape(0);
    long[] paddings = operands.knownIntegers(1);
    if (!shape.isRankKnown()) {
      return Shape.UNKNOWN;
    }
    if (paddings == null) {
      return Shapes.dynamic(shape.rank());
    }
    if (paddings.length != 2 * shape.rank()) {
      throw OperandException.invalid("%d rims for %s", paddings.length, shape);
    }
    int[] dims = shape.toArray();
    for (int i = 0; i < dims.length; i++) {
      long before = paddings[2 * i];
      long after = paddings[2 * i + 1];
      if (before < 0 || after < 0 || before > Integer.MAX_VALUE || after > Integer.MAX_VALUE) {
        throw OperandException.invalid("rims %d and %d of axis %d", before, after, i);
      }
      dims[i] =
          dims[i] == Shape.DYNAMIC
              ? Shape.DYNAMIC
              : Math.toIntExact(Math.addExact(dims[i], before + after));
    }
    return Shape.of(dims);
  }

  /**
   * A rim of one number.
   *
   * @param stated whether operand 2 holds it; otherwise it is the zero point
   */
  static Kernel constant(Operands operands, boolean stated) {
    operands.type(0).requireWholeBytes();
    Quantization quantization = operands.output(0).quantization();
    Tensor zero = Tensor.allocate(operands.type(0));
    if (quantization != null && quantization.isQuantized()) {
      zero.setInteger(0, quantization.zeroPointValue());
    }
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor paddings = invocation.input(1);
      Tensor out = invocation.output(0);
      Tensor padding = stated && invocation.hasInput(2) ? invocation.input(2) : zero;
      Shapes.forEachPosition(
          out.dims(),
          (o, position) -> {
            long from = 0;
            boolean inside = true;
            for (int i = 0; i < position.length; i++) {
              long place = position[i] - paddings.getInteger(2L * i);
              inside &= place >= 0 && place < in.dim(i);
              from = from * in.dim(i) + place;
            }
            Tensor.copy(inside ? in : padding, inside ? from : 0, out, o, 1);
          });
    };
  }

  static Kernel mirror(boolean symmetric) {
    int edge = symmetric ? 0 : 1;
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor paddings = invocation.input(1);
      Tensor out = invocation.output(0);
      for (int i = 0; i < in.rank(); i++) {
        long widest = Math.max(paddings.getInteger(2L * i), paddings.getInteger(2L * i + 1));
        if (widest > in.dim(i) - edge) {
          throw OperandException.invalid(
              "cannot mirror %d elements of axis %d of %s", widest, i, in.shape());
        }
      }
      Shapes.forEachPosition(
          out.dims(),
          (o, position) -> {
            long from = 0;
            for (int i = 0; i < position.length; i++) {
              long place = position[i] - paddings.getInteger(2L * i);
              if (place < 0) {
                place = -place - 1 + edge;
              } else if (place >= in.dim(i)) {
                place = 2L * in.dim(i) - 1 - edge - place;
              }
              from = from * in.dim(i) + place;
            }
            Tensor.copy(in, from, out, o, 1);
          });
    };
  }
}
