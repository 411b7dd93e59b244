package dev.whittle.ir.op.common;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** Reference kernels of L2 normalization along the last axis. */
public final class L2Kernels {
  /** The divisor of rows of floats whose L2 norm is smaller. */
  public static final float MIN_NORM = 1e-6f;

  private L2Kernels() {}

  public static void floats(Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    int depth = in.rank() == 0 ? 1 : in.dim(in.rank() - 1);
    for (long row = 0; row < in.elements(); row += depth) {
      float sum = 0;
      for (int i = 0; i < depth; i++) {
        sum += in.getFloat(row + i) * in.getFloat(row + i);
      }
      float length = Math.max((float) Math.sqrt(sum), MIN_NORM);
      for (int i = 0; i < depth; i++) {
        out.setFloat(row + i, in.getFloat(row + i) / length);
      }
    }
  }

  /** The output stands for multiples of 1/128. */
  public static Kernel integers(Operands operands) {
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
        int[] inverse = inverseRoot(sum);
        for (int i = 0; i < depth; i++) {
          int x = (int) in.getInteger(row + i) - zero;
          // The factor 128 goes into the exponent or the number: signed and unsigned differ.
          int scaled =
              signed
                  ? FixedPoint.multiply(x, inverse[0], inverse[1] + 7)
                  : FixedPoint.multiply(128 * x, inverse[0], inverse[1]);
          out.setInteger(row + i, bounds.clamp(scaled + outputZero));
        }
      }
    };
  }

  /**
   * The mantissa and exponent of {@code 1 / sqrt(x)}, by five steps of Newton's method in fixed
   * point with 3 bits before the point.
   */
  public static int[] inverseRoot(int x) {
    if (x <= 1) {
      return new int[] {Integer.MAX_VALUE, 0};
    }
    int shift = 11;
    int input = x;
    while (input >= 1 << 29) {
      input /= 4;
      shift++;
    }
    int pairs = (Integer.numberOfLeadingZeros(input) - 1) / 2 - 1;
    shift -= pairs;
    input <<= 2 * pairs;
    int y = 1 << 28;
    int half = FixedPoint.roundingDivideByPowerOfTwo(input >> 1, 1);
    for (int i = 0; i < 5; i++) {
      // Fixed point of 3 integer bits: products have 6, 9, and are rescaled to 3 again.
      int cube = rescale(high(high(y, y), y), 6);
      int next = (3 << 27);
      int first = high(next, y);
      int second = high(half, cube);
      y = rescale(first - second, 3);
    }
    int mantissa = high(y, 1518500250);
    if (shift < 0) {
      mantissa <<= -shift;
      shift = 0;
    }
    return new int[] {mantissa, -shift};
  }

  private static int high(int a, int b) {
    return FixedPoint.saturatingRoundingDoublingHighMultiply(a, b);
  }

  /** {@code x * 2^bits}, saturated. */
  private static int rescale(int x, int bits) {
    long wide = (long) x << bits;
    return (int) Math.min(Math.max(wide, Integer.MIN_VALUE), Integer.MAX_VALUE);
  }
}
