package dev.whittle.ir.op.shape;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;

/** Shape inference and reference kernels of the padding operators. */
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
      throw OperandException.invalid(
          "operand 1 has %d paddings for input %s; expected 2 for each axis",
          paddings.length, shape);
    }
    int[] dims = shape.toArray();
    for (int i = 0; i < dims.length; i++) {
      long before = paddings[2 * i];
      long after = paddings[2 * i + 1];
      if (before < 0 || after < 0 || before > Integer.MAX_VALUE || after > Integer.MAX_VALUE) {
        throw OperandException.invalid(
            "paddings %d and %d of axis %d; expected 0 to 2^31 - 1", before, after, i);
      }
      dims[i] =
          dims[i] == Shape.DYNAMIC
              ? Shape.DYNAMIC
              : Math.toIntExact(Math.addExact(dims[i], before + after));
    }
    return Shape.of(dims);
  }

  /**
   * Returns the kernel of constant padding.
   *
   * @param operands the operands
   * @param hasValue whether operand 2 is the padding value; otherwise it is the zero point
   */
  static Kernel constant(Operands operands, boolean hasValue) {
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
      Tensor paddingValue = hasValue && invocation.hasInput(2) ? invocation.input(2) : zero;
      Shapes.forEachPosition(
          out.dims(),
          (o, position) -> {
            long from = 0;
            boolean inside = true;
            for (int i = 0; i < position.length; i++) {
              long coordinate = position[i] - paddings.getInteger(2L * i);
              inside &= coordinate >= 0 && coordinate < in.dim(i);
              from = from * in.dim(i) + coordinate;
            }
            Tensor.copy(inside ? in : paddingValue, inside ? from : 0, out, o, 1);
          });
    };
  }

  /** Returns the kernel of {@link MirrorPad}. */
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
              "cannot reflect %d elements of axis %d of %s", widest, i, in.shape());
        }
      }
      Shapes.forEachPosition(
          out.dims(),
          (o, position) -> {
            long from = 0;
            for (int i = 0; i < position.length; i++) {
              long coordinate = position[i] - paddings.getInteger(2L * i);
              if (coordinate < 0) {
                coordinate = -coordinate - 1 + edge;
              } else if (coordinate >= in.dim(i)) {
                coordinate = 2L * in.dim(i) - 1 - edge - coordinate;
              }
              from = from * in.dim(i) + coordinate;
            }
            Tensor.copy(in, from, out, o, 1);
          });
    };
  }
}
