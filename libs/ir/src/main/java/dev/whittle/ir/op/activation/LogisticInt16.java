package dev.whittle.ir.op.activation;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.FixedPoint16;
import dev.whittle.ir.tensor.Quantization;

/**
 * {@link Logistic} and {@link Tanh} of 16-bit operands, as the built-in kernels compute them: a
 * table of 256 values of the sigmoid over 0 to 10.7 in steps of 1/24, and straight lines between
 * them. Input in Q3.12 after rescaling, output in Q0.15.
 */
public final class LogisticInt16 {
  /** {@code 65536 / (1 + e^(-i/24))} for i from 0, rounded. */
  private static final int[] TABLE = new int[256];

  static {
    for (int i = 0; i < TABLE.length; i++) {
      TABLE[i] = (int) Math.min(65535, Math.round(65536 / (1 + Math.exp(-i / 24.0))));
    }
  }

  /** The scale at which the native runtime has functions in fixed point instead of the table. */
  private static final float Q3_12 = 1f / 4096;

  private LogisticInt16() {}

  public static Kernel kernel(Operands operands) {
    if (operands.input(0).requireQuantization().scaleValue() == Q3_12) {
      return ElementwiseKernels.unaryIntegers(x -> FixedPoint16.sigmoid((int) x));
    }
    Rescaling rescaling = Rescaling.of(operands.input(0).requireQuantization());
    return ElementwiseKernels.unaryIntegers(x -> at(rescaling.apply((int) x)));
  }

  /** {@code tanh(x) = 2 sigmoid(2 x) - 1}, from the same table. */
  public static Kernel tanh(Operands operands) {
    float scale = operands.input(0).requireQuantization().scaleValue();
    if (scale == Q3_12 || scale == 2 * Q3_12) {
      int bits = scale == Q3_12 ? 3 : 4;
      return ElementwiseKernels.unaryIntegers(x -> FixedPoint16.tanh((int) x, bits));
    }
    Rescaling rescaling = Rescaling.of(operands.input(0).requireQuantization());
    return ElementwiseKernels.unaryIntegers(x -> tanhAt(rescaling.apply((int) x)));
  }

  /** To 3 * 2^12 table steps per unit of the input: the table has 24 entries per unit. */
  private record Rescaling(int factor, int shift) {
    static Rescaling of(Quantization in) {
      double multiplier = in.scaleValue() * 4096.0 * 3;
      int shift = 0;
      while (multiplier <= 32767.0 / 2 && shift <= 30) {
        shift++;
        multiplier *= 2;
      }
      return new Rescaling((int) multiplier, shift);
    }

    int apply(int x) {
      int round = shift > 0 ? 1 << (shift - 1) : 0;
      return (x * factor + round) >> shift;
    }
  }

  /**
   * The table's value times {@code 2^bits}, on a straight line between two of its entries.
   *
   * @param magnitude a place in the table times {@code 2^bits}
   * @param beyond the value after the table's end
   */
  private static int interpolated(int magnitude, int bits, int beyond) {
    int entry = magnitude >> bits;
    if (entry >= TABLE.length - 1) {
      return beyond;
    }
    int rest = magnitude & ((1 << bits) - 1);
    return (TABLE[entry] << bits) + rest * (TABLE[entry + 1] - TABLE[entry]);
  }

  private static int tanhAt(int scaled) {
    int result = interpolated(Math.abs(scaled), 8, 0xffff << 8);
    int half = 1 << 23;
    int round = 1 << 7;
    result = scaled >= 0 ? result - half + round : half - result + round - 1;
    return result >> 8;
  }

  private static int at(int scaled) {
    int result = interpolated(Math.abs(scaled), 9, 0x7fff << 10);
    result = scaled >= 0 ? result + (1 << 9) : (1 << 25) - result + (1 << 9) - 1;
    return result >> 10;
  }
}
