package dev.whittle.ir.op.nn;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** Reference kernels of {@link L2Normalization}. */
final class L2NormalizationKernels {
  private L2NormalizationKernels() {}

  static void floats(Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    int depth = in.rank() == 0 ? 1 : in.dim(in.rank() - 1);
    for (long row = 0; row < in.elements(); row += depth) {
      float sum = 0;
      for (int i = 0; i < depth; i++) {
        sum += in.getFloat(row + i) * in.getFloat(row + i);
      }
      float length = Math.max((float) Math.sqrt(sum), L2Normalization.MIN_NORM);
      for (int i = 0; i < depth; i++) {
        out.setFloat(row + i, in.getFloat(row + i) / length);
      }
    }
  }

  /** Returns the kernel of 8-bit operands. The scale of the output is 1/128. */
  static Kernel integers(Operands operands) {
    int zero = operands.input(0).requireQuantization().zeroPointValue();
    int outputZero = operands.output(0).requireQuantization().zeroPointValue();
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    boolean signed = operands.type(0) == TensorType.INT8;
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      int depth = in.rank() == 0 ? 1 : in.dim(in.rank() - 1);
      for (long row = 0; row < in.elements(); row += depth) {
        int sum = 0;
        for (int i = 0; i < depth; i++) {
          int x = (int) in.getInteger(row + i) - zero;
          sum += x * x;
        }
        FixedPoint.Multiplier inverse = FixedPoint.Multiplier.ofInverseSquareRoot(sum);
        for (int i = 0; i < depth; i++) {
          int x = (int) in.getInteger(row + i) - zero;
          // The built-in kernels differ: the factor 128 is in the exponent or in the operand.
          int scaled =
              signed
                  ? FixedPoint.multiply(x, inverse.mantissa(), inverse.exponent() + 7)
                  : FixedPoint.multiply(128 * x, inverse.mantissa(), inverse.exponent());
          out.setInteger(row + i, bounds.clamp(scaled + outputZero));
        }
      }
    };
  }
}
