package dev.whittle.ir.op.activation;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.FixedPoint16;
import dev.whittle.ir.tensor.Quantization;

/**
 * Reference kernels of 16-bit {@link Logistic} and {@link Tanh}, as the built-in kernels: the
 * sigmoid is interpolated in a table of 256 values from 0 to 10.7 in steps of 1/24. The output is
 * Q0.15.
 */
final class LogisticInt16 {
  /** {@code 65536 / (1 + e^(-i/24))} for i from 0, rounded. */
  private static final int[] TABLE = new int[256];

  static {
    for (int i = 0; i < TABLE.length; i++) {
      TABLE[i] = (int) Math.min(65535, Math.round(65536 / (1 + Math.exp(-i / 24.0))));
    }
  }

  /** The scale at which the built-in kernels compute in fixed point instead of the table. */
  private static final float Q3_12 = 1f / 4096;

  private LogisticInt16() {}

  /** Returns the kernel of {@link Logistic}. */
  static Kernel logistic(Operands operands) {
    if (operands.input(0).requireQuantization().scaleValue() == Q3_12) {
      return ElementwiseKernels.unaryIntegers(x -> FixedPoint16.sigmoid((int) x));
    }
    PositionScale scale = PositionScale.of(operands.input(0).requireQuantization());
    return ElementwiseKernels.unaryIntegers(x -> logisticAt(scale.apply((int) x)));
  }

  /** Returns the kernel of {@link Tanh}, {@code 2 * sigmoid(2 * x) - 1} with the same table. */
  static Kernel tanh(Operands operands) {
    float inputScale = operands.input(0).requireQuantization().scaleValue();
    if (inputScale == Q3_12 || inputScale == 2 * Q3_12) {
      int bits = inputScale == Q3_12 ? 3 : 4;
      return ElementwiseKernels.unaryIntegers(x -> FixedPoint16.tanh((int) x, bits));
    }
    PositionScale scale = PositionScale.of(operands.input(0).requireQuantization());
    return ElementwiseKernels.unaryIntegers(x -> tanhAt(scale.apply((int) x)));
  }

  /**
   * The factor from stored inputs to positions in the table, which has 24 steps per unit. Positions
   * have 9 fractional bits.
   *
   * @param factor the factor's mantissa
   * @param shift the number of bits to shift the product right by
   */
  private record PositionScale(int factor, int shift) {
    static PositionScale of(Quantization in) {
      double multiplier = in.scaleValue() * 4096.0 * 3;
      int shift = 0;
      while (multiplier <= 32767.0 / 2 && shift <= 30) {
        shift++;
        multiplier *= 2;
      }
      return new PositionScale((int) multiplier, shift);
    }

    int apply(int x) {
      int round = shift > 0 ? 1 << (shift - 1) : 0;
      return (x * factor + round) >> shift;
    }
  }

  /**
   * Returns the sigmoid times {@code 2^(16 + bits)}, interpolated between two entries of the table.
   *
   * @param position a position in the table times {@code 2^bits}, not negative
   * @param bits the number of fractional bits
   * @param limit the result beyond the end of the table
   */
  private static int interpolate(int position, int bits, int limit) {
    int entry = position >> bits;
    if (entry >= TABLE.length - 1) {
      return limit;
    }
    int fraction = position & ((1 << bits) - 1);
    return (TABLE[entry] << bits) + fraction * (TABLE[entry + 1] - TABLE[entry]);
  }

  private static int tanhAt(int position) {
    int result = interpolate(Math.abs(position), 8, 0xffff << 8);
    int half = 1 << 23;
    int round = 1 << 7;
    result = position >= 0 ? result - half + round : half - result + round - 1;
    return result >> 8;
  }

  private static int logisticAt(int position) {
    int result = interpolate(Math.abs(position), 9, 0x7fff << 10);
    result = position >= 0 ? result + (1 << 9) : (1 << 25) - result + (1 << 9) - 1;
    return result >> 10;
  }
}
