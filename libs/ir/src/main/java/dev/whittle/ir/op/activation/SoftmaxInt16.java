package dev.whittle.ir.op.activation;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.InterpolatedTable;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;

/**
 * The kernel of 16-bit {@link Softmax}, as the built-in kernel: the exponential and the reciprocal
 * are interpolated in tables of 512 steps. The output is Q0.15.
 */
final class SoftmaxInt16 implements Kernel {
  /** The range of the exponential's table is from -10, below which the result is 0, to 0. */
  private static final double EXPONENTIAL_RANGE = 10;

  private static final double INT16_RANGE = 65535;
  private static final float OUTPUT_SCALE = (float) (2 / INT16_RANGE);
  private static final InterpolatedTable EXPONENTIAL =
      InterpolatedTable.of(
          (float) (EXPONENTIAL_RANGE / INT16_RANGE), Short.MAX_VALUE, OUTPUT_SCALE, Math::exp);
  private static final InterpolatedTable RECIPROCAL =
      InterpolatedTable.of(
          (float) (1 / INT16_RANGE), Short.MIN_VALUE, OUTPUT_SCALE, x -> 1 / (1 + x));

  private final FixedPoint.Multiplier multiplier;

  SoftmaxInt16(Quantization input, float beta) {
    multiplier =
        FixedPoint.Multiplier.of(
            input.scaleValue() * (double) beta / (EXPONENTIAL_RANGE / INT16_RANGE));
  }

  private static int clamp(int x) {
    return FixedPoint.clamp(x, Short.MIN_VALUE, Short.MAX_VALUE);
  }

  @Override
  public void run(Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    int length = SoftmaxKernels.rowLength(in);
    for (long first = 0; length > 0 && first < in.elements(); first += length) {
      runRow(in, out, first, length);
    }
  }

  private void runRow(Tensor in, Tensor out, long first, int length) {
    long max = SoftmaxKernels.maxInteger(in, first, length);
    int sum = 0;
    for (int i = 0; i < length; i++) {
      int scaled = multiplier.apply((int) (in.getInteger(first + i) - max));
      int exponential = EXPONENTIAL.lookUp(clamp(scaled + Short.MAX_VALUE));
      out.setInteger(first + i, exponential);
      sum += exponential;
    }
    // The sum is 1 + x with x in [0, 1), times a power of two.
    int headroom = Integer.numberOfLeadingZeros(sum);
    int shifted = (int) ((((long) sum << (headroom - 1)) + (1 << 13)) >> 14);
    int reciprocal = RECIPROCAL.lookUp(clamp(shifted - (1 << 15) - (1 << 16)));
    int shift = 31 - headroom;
    long round = 1L << (shift - 1);
    for (int i = 0; i < length; i++) {
      long result = (out.getInteger(first + i) * reciprocal + round) >> shift;
      out.setInteger(first + i, FixedPoint.clamp((int) result, 0, Short.MAX_VALUE));
    }
  }
}
