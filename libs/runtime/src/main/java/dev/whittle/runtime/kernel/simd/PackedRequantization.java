package dev.whittle.runtime.kernel.simd;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.op.Requantization;
import java.util.Arrays;

/**
 * How whole sums of products become 8-bit outputs, column by column, laid out for vectors: {@code
 * clamp((((sum + bias) << left) * mantissa + 2^30 >> 31) + half + ties >> right) + zero point)},
 * which is what {@link Requantization} computes. Both roundings of the reference are shifts here:
 * dividing by 2^31 toward zero after a nudge that depends on the sign rounds as adding half and
 * shifting does.
 */
public final class PackedRequantization {
  /**
   * How far a shifted product in single precision may be from a whole number for that to be the
   * result. Products that matter, those that are not clamped, are below 256; the factor and the
   * shifted product are rounded once each.
   */
  static final float SURE = 0.5f - 264 * 2 * 0x1p-24f;

  /**
   * Bits behind the point of a float between 512 and 1024: those of {@code sum * factor + origin}
   * are the output's 9 bits, and these.
   */
  static final int FRACTION_BITS = 14;

  /**
   * What outputs are added to, so that every possible one is between 512 and 1024. The lowest byte
   * of the whole part is the output's own.
   */
  static final float ORIGIN = 768;

  /**
   * Fractions below it may be of the next lower output. The product with the rounded factor is off
   * by up to a quarter of the last place (256 * 2^-24), the sum and the origin by half of it each;
   * origins are one place too high, so that fractions are not too low, but up to 2.25 places too
   * high.
   */
  static final int DOUBTFUL = 3;

  private static final float LAST_PLACE = 1f / (1 << FRACTION_BITS);

  private final int[] bias;
  private final int[] left;
  private final long[] mantissa;
  private final long[] half;
  private final int[] right;

  /** All ones where halves go away from zero: added if the product is negative. */
  private final long[] ties;

  /** The multipliers in single precision. */
  final float[] factor;

  /**
   * What the first of the two roundings comes to: the second one goes up from {@code k + 1/2 -
   * 2^-(right + 1)} on, since what lies between that and one half is rounded to the half before.
   */
  final float[] shift;

  /** Whether halves go away from zero, so that the shift has the product's sign. */
  final boolean away;

  /**
   * For each column {@link #ORIGIN}, the zero point and what makes rounding down what the two
   * roundings come to.
   */
  final float[] origin;

  /** The same for negative sums. */
  final float[] negativeOrigin;

  /** Whether negative sums have outputs of their own, and another origin. */
  final boolean hasTwoOrigins;

  /** Whether products in single precision tell most outputs. */
  private final boolean approximate;

  final int zeroPoint;
  final int low;
  final int high;

  /**
   * Lays out a requantization.
   *
   * @param firstColumn which of the layer's columns comes first
   * @param bias what is to be added to the sums of each column: zeros where these have it, which
   *     vectors need
   */
  public PackedRequantization(
      Requantization requantization, int firstColumn, int[] bias, int columns) {
    int padded = columns + MicroKernels.MAX_LANES;
    this.bias = Arrays.copyOf(bias, padded);
    this.left = new int[padded];
    this.mantissa = new long[padded];
    this.half = new long[padded];
    this.right = new int[padded];
    this.ties = new long[padded];
    this.factor = new float[padded];
    this.shift = new float[padded];
    this.away = !requantization.tiesUp();
    this.origin = new float[padded];
    this.negativeOrigin = new float[padded];
    this.zeroPoint = requantization.outputZero();
    this.low = requantization.bounds().low();
    this.high = requantization.bounds().high();
    this.hasTwoOrigins = away && low < zeroPoint;
    // Columns beyond the last are nowhere in doubt.
    Arrays.fill(origin, ORIGIN + 0.5f);
    Arrays.fill(negativeOrigin, ORIGIN + 0.5f);
    boolean simple = true;
    for (int c = 0; c < columns; c++) {
      FixedPoint.Multiplier multiplier = requantization.multiplier(firstColumn + c);
      left[c] = Math.max(multiplier.exponent(), 0);
      right[c] = Math.max(-multiplier.exponent(), 0);
      mantissa[c] = multiplier.mantissa();
      half[c] = 1L << right[c] >> 1;
      ties[c] = requantization.tiesUp() || right[c] == 0 ? 0 : -1;
      factor[c] = (float) Math.scalb((double) mantissa[c], multiplier.exponent() - 31);
      shift[c] = right[c] == 0 ? 0 : (float) Math.scalb(0.5, -right[c]);
      double middle = ORIGIN + zeroPoint + 0.5 + LAST_PLACE;
      origin[c] = (float) (middle + shift[c]);
      negativeOrigin[c] = (float) (away ? middle - shift[c] : middle + shift[c]);
      simple &= bias[c] == 0 && left[c] == 0;
    }
    this.approximate = simple;
  }

  /** Whether products in single precision tell most outputs; see {@link #SURE}. */
  boolean isApproximate() {
    return approximate;
  }

  /** The output for the sum of column {@code c}, without bias. */
  public int apply(int sum, int c) {
    long product = ((long) ((sum + bias[c]) << left[c]) * mantissa[c] + (1L << 30)) >> 31;
    long rounded = (product + half[c] + ((product >> 63) & ties[c])) >> right[c];
    return Math.min(Math.max((int) rounded + zeroPoint, low), high);
  }

  /** The outputs for some rows of sums of adjacent columns. */
  public void apply(
      int[] sums,
      int at,
      int sumStride,
      int firstColumn,
      int columns,
      int rows,
      byte[] output,
      int to,
      int outputStride) {
    for (int row = 0; row < rows; row++) {
      int from = at + row * sumStride;
      int place = to + row * outputStride;
      for (int c = 0; c < columns; c++) {
        output[place + c] = (byte) apply(sums[from + c], firstColumn + c);
      }
    }
  }
}
