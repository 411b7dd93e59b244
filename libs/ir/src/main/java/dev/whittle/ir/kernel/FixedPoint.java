package dev.whittle.ir.kernel;

/**
 * The integer arithmetic of TensorFlow Lite's built-in kernels: real multipliers as a 32-bit
 * mantissa and an exponent, with the rounding of gemmlowp ("double rounding").
 */
public final class FixedPoint {
  private FixedPoint() {}

  /**
   * A real multiplier {@code mantissa * 2^(exponent - 31)} with the mantissa in {@code [2^30,
   * 2^31)}, or zero.
   */
  public record Multiplier(int mantissa, int exponent) {
    public static final Multiplier ZERO = new Multiplier(0, 0);

    /** The nearest multiplier to {@code real}, which must be finite and not negative. */
    public static Multiplier of(double real) {
      if (real == 0) {
        return ZERO;
      }
      int exponent = Math.getExponent(real) + 1;
      long mantissa = (long) roundHalfAway(Math.scalb(real, 31 - exponent));
      if (mantissa == 1L << 31) {
        mantissa >>= 1;
        exponent++;
      }
      if (exponent < -31) {
        return ZERO;
      }
      return new Multiplier((int) mantissa, exponent);
    }

    /**
     * Returns {@code 1 / sqrt(x)} for {@code x >= 0}, by five steps of Newton's method with 3
     * integer bits, as {@code GetInvSqrtQuantizedMultiplierExp} of TensorFlow Lite. The result for
     * 0 is that for 1.
     */
    public static Multiplier ofInverseSquareRoot(int x) {
      if (x <= 1) {
        return new Multiplier(Integer.MAX_VALUE, 0);
      }
      int shift = 11;
      int input = x;
      while (input >= 1 << 29) {
        input /= 4;
        shift++;
      }
      int leadingBitPairs = (Integer.numberOfLeadingZeros(input) - 1) / 2 - 1;
      shift -= leadingBitPairs;
      input <<= 2 * leadingBitPairs;
      int y = 1 << 28;
      int half = roundingDivideByPowerOfTwo(input >> 1, 1);
      int threeHalves = 3 << 27;
      for (int i = 0; i < 5; i++) {
        // Products of numbers with 3 integer bits have 6 and 9, and are shifted back to 3.
        int cube =
            saturatingShiftLeft(
                saturatingRoundingDoublingHighMultiply(
                    saturatingRoundingDoublingHighMultiply(y, y), y),
                6);
        int difference =
            saturatingRoundingDoublingHighMultiply(threeHalves, y)
                - saturatingRoundingDoublingHighMultiply(half, cube);
        y = saturatingShiftLeft(difference, 3);
      }
      // sqrt(2) / 2 with no integer bits.
      int mantissa = saturatingRoundingDoublingHighMultiply(y, 1518500250);
      if (shift < 0) {
        mantissa <<= -shift;
        shift = 0;
      }
      return new Multiplier(mantissa, -shift);
    }

    private static int saturatingShiftLeft(int x, int bits) {
      long wide = (long) x << bits;
      return (int) Math.min(Math.max(wide, Integer.MIN_VALUE), Integer.MAX_VALUE);
    }

    /** {@code x} times this multiplier, rounded as the built-in kernels do. */
    public int apply(int x) {
      return multiply(x, mantissa, exponent);
    }

    /**
     * As {@link #apply(int)} but with ties of the second rounding going up, as the matrix kernels
     * of FULLY_CONNECTED and CONV_2D do: they shift where the others divide.
     */
    public int applyTiesUp(int x) {
      int left = Math.max(exponent, 0);
      int right = Math.max(-exponent, 0);
      long product = saturatingRoundingDoublingHighMultiply(x << left, mantissa);
      return (int) ((product + (1L << right >> 1)) >> right);
    }

    /**
     * As {@link #apply(int)} for the 48-bit accumulators of 16-bit activations: the mantissa is cut
     * to 16 bits and there is one rounding, ties up.
     *
     * @param x within +-2^47
     */
    public int applyLong(long x) {
      int reduced = mantissa < 0x7fff0000 ? (mantissa + (1 << 15)) >> 16 : 0x7fff;
      int shift = 15 - exponent;
      return (int) ((x * reduced + (1L << (shift - 1))) >> shift);
    }
  }

  /** {@code x * mantissa * 2^(exponent - 31)}, rounded twice. */
  public static int multiply(int x, int mantissa, int exponent) {
    int left = Math.max(exponent, 0);
    int right = Math.max(-exponent, 0);
    return roundingDivideByPowerOfTwo(
        saturatingRoundingDoublingHighMultiply(x << left, mantissa), right);
  }

  /** The high 32 bits of {@code 2ab}, rounded to nearest; saturates where both are -2^31. */
  public static int saturatingRoundingDoublingHighMultiply(int a, int b) {
    if (a == Integer.MIN_VALUE && b == Integer.MIN_VALUE) {
      return Integer.MAX_VALUE;
    }
    // Truncating after a nudge that depends on the sign, as is written elsewhere, comes to this.
    return (int) (((long) a * b + (1L << 30)) >> 31);
  }

  /** {@code x / 2^exponent} rounded to nearest, ties away from zero; exponent in 0..31. */
  public static int roundingDivideByPowerOfTwo(int x, int exponent) {
    if (exponent == 0) {
      return x;
    }
    return (int) ((x + (1L << (exponent - 1)) + (x >> 31)) >> exponent);
  }

  /** Rounds to the nearest whole number, ties away from zero, as C's {@code round}. */
  public static double roundHalfAway(double x) {
    double truncated = x < 0 ? Math.ceil(x) : Math.floor(x);
    return Math.abs(x - truncated) >= 0.5 ? truncated + Math.signum(x) : truncated;
  }

  /** {@link #roundHalfAway(double)} in single precision; exact, since halves are. */
  public static float roundHalfAway(float x) {
    return (float) roundHalfAway((double) x);
  }

  public static int clamp(int x, int low, int high) {
    return Math.min(Math.max(x, low), high);
  }
}
