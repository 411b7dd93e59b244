package dev.whittle.ir.op.common;

import dev.whittle.ir.kernel.FixedPoint;

/**
 * Functions of 16-bit fixed-point numbers, step by step as {@code fixedpoint.h} of gemmlowp
 * computes them. A number with {@code integerBits} integer bits is {@code raw * 2^(integerBits -
 * 15)}. Results have no integer bits.
 */
public final class FixedPoint16 {
  private static final int ONE = Short.MAX_VALUE;

  /** {@code e^(-2^i)} for i from -2 to 4, with no integer bits. */
  private static final int[] POWERS = {
    constant(Math.exp(-0.25), 0),
    constant(Math.exp(-0.5), 0),
    constant(Math.exp(-1), 0),
    constant(Math.exp(-2), 0),
    constant(Math.exp(-4), 0),
    constant(Math.exp(-8), 0),
    constant(Math.exp(-16), 0)
  };

  private static final int EXP_OF_MINUS_EIGHTH = constant(Math.exp(-0.125), 0);
  private static final int THIRD = constant(1.0 / 3, 0);
  private static final int FORTY_EIGHT_SEVENTEENTHS = constant(48.0 / 17, 2);
  private static final int MINUS_THIRTY_TWO_SEVENTEENTHS = constant(-32.0 / 17, 2);

  private FixedPoint16() {}

  private static int constant(double value, int integerBits) {
    return (int) FixedPoint.roundHalfAway(value * (1 << (15 - integerBits)));
  }

  /** Returns {@code 1 / (1 + e^-x)} for {@code x} with 3 integer bits. */
  public static int sigmoid(int x) {
    if (x == 0) {
      return 1 << 14;
    }
    int positive = reciprocalOfOnePlus(exponential(x > 0 ? wrap(-x) : x, 3));
    return x > 0 ? positive : wrap(ONE - positive);
  }

  /** Returns {@code tanh(x)} for {@code x} with {@code integerBits} integer bits. */
  public static int tanh(int x, int integerBits) {
    if (x == 0) {
      return 0;
    }
    // e^(-2|x|): a doubled number has the same bits and one more integer bit.
    int power = exponential(x < 0 ? x : wrap(-x), integerBits + 1);
    int magnitude = shiftLeft(wrap(newton(power) - (1 << 13)), 2);
    return x < 0 ? wrap(-magnitude) : magnitude;
  }

  private static int wrap(int x) {
    return (short) x;
  }

  private static int shiftLeft(int x, int bits) {
    return FixedPoint.clamp(x << bits, Short.MIN_VALUE, Short.MAX_VALUE);
  }

  private static int multiply(int a, int b) {
    if (a == Short.MIN_VALUE && b == Short.MIN_VALUE) {
      return Short.MAX_VALUE;
    }
    int product = a * b;
    int nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
    return (product + nudge) / (1 << 15);
  }

  /** Returns {@code e^x} for {@code x <= 0}. */
  private static int exponential(int x, int integerBits) {
    if (x == 0) {
      return ONE;
    }
    int fractionalBits = 15 - integerBits;
    int quarter = 1 << (fractionalBits - 2);
    int rest = (x & (quarter - 1)) - quarter;
    int result = exponentialNearZero(shiftLeft(rest, integerBits));
    int remainder = rest - x;
    for (int i = 0; i < POWERS.length; i++) {
      int exponent = i - 2;
      if (integerBits > exponent && (remainder & 1 << (fractionalBits + exponent)) != 0) {
        result = multiply(result, POWERS[i]);
      }
    }
    if (integerBits > 5 && x < -(1 << (20 - integerBits))) {
      return 0;
    }
    return result;
  }

  /** Returns {@code e^x} for {@code x} from -1/4 to 0, by a Taylor series around -1/8. */
  private static int exponentialNearZero(int x) {
    int y = wrap(x + (1 << 12));
    int y2 = multiply(y, y);
    int y3 = multiply(y2, y);
    int y4 = multiply(y2, y2);
    int quarterOfY4 = FixedPoint.roundingDivideByPowerOfTwo(y4, 2);
    int tail =
        FixedPoint.roundingDivideByPowerOfTwo(
            wrap(multiply(wrap(quarterOfY4 + y3), THIRD) + y2), 1);
    int product = multiply(EXP_OF_MINUS_EIGHTH, wrap(y + tail));
    return FixedPoint.clamp(EXP_OF_MINUS_EIGHTH + product, Short.MIN_VALUE, Short.MAX_VALUE);
  }

  private static int reciprocalOfOnePlus(int x) {
    return shiftLeft(newton(x), 1);
  }

  /**
   * Returns {@code 2 / (1 + x)} with 2 integer bits for {@code x} from 0 to 1, by Newton's method.
   */
  private static int newton(int x) {
    int sum = x + ONE;
    int halfDenominator = (sum + (sum >= 0 ? 1 : -1)) / 2;
    int y =
        wrap(FORTY_EIGHT_SEVENTEENTHS + multiply(halfDenominator, MINUS_THIRTY_TWO_SEVENTEENTHS));
    for (int i = 0; i < 3; i++) {
      int error = wrap((1 << 13) - multiply(halfDenominator, y));
      y = wrap(y + shiftLeft(multiply(y, error), 2));
    }
    return y;
  }
}
