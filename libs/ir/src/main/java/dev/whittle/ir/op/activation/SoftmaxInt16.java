package dev.whittle.ir.op.activation;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import java.util.function.DoubleUnaryOperator;

/**
 * The kernel of 16-bit {@link Softmax}, as the built-in kernel: the exponential and the reciprocal
 * are interpolated in tables of 512 steps. The output is Q0.15.
 */
final class SoftmaxInt16 implements Kernel {
  private static final int STEPS = 512;

  /** The range of the exponential's table is from -10, below which the result is 0, to 0. */
  private static final double EXPONENTIAL_RANGE = 10;

  private static final double INT16_RANGE = 65535;
  private static final int[] EXPONENTIAL =
      table(EXPONENTIAL_RANGE / INT16_RANGE, Short.MAX_VALUE, Math::exp);
  private static final int[] RECIPROCAL = table(1 / INT16_RANGE, Short.MIN_VALUE, x -> 1 / (1 + x));

  private final FixedPoint.Multiplier multiplier;

  SoftmaxInt16(Quantization input, float beta) {
    multiplier =
        FixedPoint.Multiplier.of(
            input.scaleValue() * (double) beta / (EXPONENTIAL_RANGE / INT16_RANGE));
  }

  /**
   * Returns the table of a function of 16-bit numbers, corrected by the error mid-way of each step.
   */
  private static int[] table(double scale, int zeroPoint, DoubleUnaryOperator function) {
    float low = (float) scale * (Short.MIN_VALUE - zeroPoint);
    float high = (float) scale * (Short.MAX_VALUE - zeroPoint);
    float outScale = (float) (2 / INT16_RANGE);
    float inverse = 65536 / (outScale * Short.MAX_VALUE - outScale * Short.MIN_VALUE);
    float step = (high - low) / STEPS;
    int[] table = new int[STEPS + 1];
    for (int i = 0; i < STEPS; i++) {
      float value = (float) function.applyAsDouble(low + i * step);
      float middle = (float) function.applyAsDouble(low + i * step + step / 2);
      float next = (float) function.applyAsDouble(low + (i + 1) * step);
      float start = FixedPoint.roundHalfAway(value * inverse);
      float interpolated = FixedPoint.roundHalfAway((next * inverse + start) / 2);
      float error = interpolated - FixedPoint.roundHalfAway(middle * inverse);
      float bias = FixedPoint.roundHalfAway(error / 2);
      table[i] = clamp((int) (start - bias));
    }
    table[STEPS] =
        clamp((int) FixedPoint.roundHalfAway((float) function.applyAsDouble(high) * inverse));
    return table;
  }

  private static int clamp(int x) {
    return FixedPoint.clamp(x, Short.MIN_VALUE, Short.MAX_VALUE);
  }

  private static int lookUp(int x, int[] table) {
    int entry = STEPS / 2 + (x >> 7);
    int slope = table[entry + 1] - table[entry];
    return table[entry] + ((slope * (x & 0x7f) + 64) >> 7);
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
      int exponential = lookUp(clamp(scaled + Short.MAX_VALUE), EXPONENTIAL);
      out.setInteger(first + i, exponential);
      sum += exponential;
    }
    // The sum is 1 + x with x in [0, 1), times a power of two.
    int headroom = Integer.numberOfLeadingZeros(sum);
    int shifted = (int) ((((long) sum << (headroom - 1)) + (1 << 13)) >> 14);
    int reciprocal = lookUp(clamp(shifted - (1 << 15) - (1 << 16)), RECIPROCAL);
    int shift = 31 - headroom;
    long round = 1L << (shift - 1);
    for (int i = 0; i < length; i++) {
      long result = (out.getInteger(first + i) * reciprocal + round) >> shift;
      out.setInteger(first + i, FixedPoint.clamp((int) result, 0, Short.MAX_VALUE));
    }
  }
}
