package dev.whittle.ir.kernel;

/**
 * The fixed-point arithmetic of TensorFlow Lite's built-in kernels, as in {@code
 * kernels/internal/common.h} and {@code quantization_util.cc}: real multipliers as a 32-bit
 * mantissa and an exponent, with the rounding of gemmlowp ("double rounding").
 */
public final class FixedPoint {
  private FixedPoint() {}

  /**
   * A real multiplier {@code mantissa * 2^(exponent - 31)}.
   *
   * @param mantissa in {@code [2^30, 2^31)}; 0 for a multiplier of zero
   * @param exponent from -31 on
   */
  public record Multiplier(int mantissa, int exponent) {
    public static final Multiplier ZERO = new Multiplier(0, 0);

    /** Returns the multiplier nearest to {@code real}, which is finite and not negative. */
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

    /** Returns {@code x} times this multiplier, rounded twice, as most built-in kernels do. */
    public int apply(int x) {
      return multiply(x, mantissa, exponent);
    }

    /**
     * Returns {@code x} times this multiplier, with ties of the second rounding toward positive
     * infinity: the matrix kernels of FULLY_CONNECTED and CONV_2D shift where others divide.
     */
    public int applyTiesUp(int x) {
      int left = Math.max(exponent, 0);
      int right = Math.max(-exponent, 0);
      long product = saturatingRoundingDoublingHighMultiply(x << left, mantissa);
      return (int) ((product + (1L << right >> 1)) >> right);
    }

    /**
     * Returns an accumulator of 16-bit activations times this multiplier. The mantissa is reduced
     * to 16 bits, and there is one rounding, with ties toward positive infinity.
     *
     * @param x from -2^47 to 2^47
     */
    public int applyLong(long x) {
      int reduced = mantissa < 0x7fff0000 ? (mantissa + (1 << 15)) >> 16 : 0x7fff;
      int shift = 15 - exponent;
      return (int) ((x * reduced + (1L << (shift - 1))) >> shift);
    }
  }

  /** Returns {@code x * mantissa * 2^(exponent - 31)}, rounded twice. */
  public static int multiply(int x, int mantissa, int exponent) {
    int left = Math.max(exponent, 0);
    int right = Math.max(-exponent, 0);
    return roundingDivideByPowerOfTwo(
        saturatingRoundingDoublingHighMultiply(x << left, mantissa), right);
  }

  /** Returns the high 32 bits of {@code 2ab}, rounded to nearest; saturates if both are -2^31. */
  public static int saturatingRoundingDoublingHighMultiply(int a, int b) {
    if (a == Integer.MIN_VALUE && b == Integer.MIN_VALUE) {
      return Integer.MAX_VALUE;
    }
    // gemmlowp adds a nudge that depends on the sign and truncates, which is the same.
    return (int) (((long) a * b + (1L << 30)) >> 31);
  }

  /** Returns {@code x / 2^exponent}, ties away from zero, for an exponent from 0 to 31. */
  public static int roundingDivideByPowerOfTwo(int x, int exponent) {
    if (exponent == 0) {
      return x;
    }
    return (int) ((x + (1L << (exponent - 1)) + (x >> 31)) >> exponent);
  }

  /** Returns the nearest integer, ties away from zero, as C's {@code round}. */
  public static double roundHalfAway(double x) {
    double truncated = x < 0 ? Math.ceil(x) : Math.floor(x);
    return Math.abs(x - truncated) >= 0.5 ? truncated + Math.signum(x) : truncated;
  }

  /** Returns the nearest integer, ties away from zero, as C's {@code roundf}. */
  public static float roundHalfAway(float x) {
    return (float) roundHalfAway((double) x);
  }

  public static int clamp(int x, int low, int high) {
    return Math.min(Math.max(x, low), high);
  }
}
