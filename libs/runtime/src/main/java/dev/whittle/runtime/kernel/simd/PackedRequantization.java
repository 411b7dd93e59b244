package dev.whittle.runtime.kernel.simd;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.op.Requantization;
import java.util.Arrays;

/**
 * The requantization of a layer's integer accumulators to 8 bits, laid out column by column for
 * vectors: {@code clamp((((sum + bias) << left) * mantissa + 2^30 >> 31) + half + ties >> right) +
 * zero point)}, the result of {@link Requantization}. gemmlowp's two roundings, a saturating
 * rounding doubling high multiplication and a rounding right shift, are shifts here: division by
 * 2^31 toward zero, after a nudge with the product's sign, rounds as adding one half and shifting.
 */
public final class PackedRequantization {
  /**
   * The greatest distance of a shifted product in single precision from the integer that is the
   * exact result. Products that are not clamped are below 256; the factor and the shifted product
   * are rounded once each.
   */
  static final float MAX_DISTANCE = 0.5f - 264 * 2 * 0x1p-24f;

  /**
   * Bits of the fraction of a float between 512 and 1024. The mantissa of {@code sum * factor +
   * origin} has the 9 bits of the output and these.
   */
  static final int FRACTION_BITS = 14;

  /**
   * The number that outputs are added to, so that all are between 512 and 1024. The lowest byte of
   * the integer part is the output.
   */
  static final float ORIGIN = 768;

  /**
   * The fraction below which the exact result may be the next lower output, in units in the last
   * place. The product with the rounded factor is off by up to a quarter of a unit (256 * 2^-24),
   * the sum and the origin by half a unit each. Origins are one unit too high, so that fractions
   * are not too low, but up to 2.25 units too high.
   */
  static final int DOUBTFUL = 3;

  private static final float LAST_PLACE = 1f / (1 << FRACTION_BITS);

  private final int[] bias;
  private final int[] left;
  private final long[] mantissa;
  private final long[] half;
  private final int[] right;

  /** -1 for columns that round ties away from zero, which is added to negative products; else 0. */
  private final long[] ties;

  /** The multipliers in single precision. */
  final float[] factor;

  /**
   * The effect of the first of the two roundings: the second one rounds up from {@code k + 1/2 -
   * 2^-(right + 1)} on, since the first one rounds numbers between that and {@code k + 1/2} to the
   * latter.
   */
  final float[] shift;

  /**
   * Rounding of ties: true if they are rounded away from zero, so that the shift has the product's
   * sign.
   */
  final boolean tiesAwayFromZero;

  /**
   * For each column the sum of {@link #ORIGIN}, the zero point and a shift with which rounding down
   * gives the result of the two roundings.
   */
  final float[] origin;

  /** {@link #origin} for negative sums. */
  final float[] negativeOrigin;

  /**
   * Returns whether negative accumulators, and outputs that are not clamped, have another origin.
   */
  final boolean hasTwoOrigins;

  /** See {@link #isApproximate}. */
  private final boolean approximate;

  final int zeroPoint;
  final int low;
  final int high;

  /**
   * Lays out a requantization.
   *
   * @param firstColumn index of the first column in the layer
   * @param bias the bias that the accumulators of each column lack; only where it is zero, single
   *     precision suffices for most outputs
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
    this.tiesAwayFromZero = !requantization.tiesUp();
    this.origin = new float[padded];
    this.negativeOrigin = new float[padded];
    this.zeroPoint = requantization.outputZero();
    this.low = requantization.bounds().low();
    this.high = requantization.bounds().high();
    this.hasTwoOrigins = tiesAwayFromZero && low < zeroPoint;
    // Lanes of the padding are never in doubt.
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
      negativeOrigin[c] = (float) (tiesAwayFromZero ? middle - shift[c] : middle + shift[c]);
      simple &= bias[c] == 0 && left[c] == 0;
    }
    this.approximate = simple;
  }

  /** Returns whether single precision suffices for most outputs; see {@link #MAX_DISTANCE}. */
  boolean isApproximate() {
    return approximate;
  }

  /** Returns the output for an accumulator of column {@code c}. */
  public int apply(int sum, int c) {
    long product = ((long) ((sum + bias[c]) << left[c]) * mantissa[c] + (1L << 30)) >> 31;
    long rounded = (product + half[c] + ((product >> 63) & ties[c])) >> right[c];
    return Math.min(Math.max((int) rounded + zeroPoint, low), high);
  }

  /**
   * Computes the outputs of a block.
   *
   * @param origin index of the output's first element in its array
   */
  public void apply(int[] sums, AccumulatorBlock block, byte[] output, int origin) {
    for (int row = 0; row < block.rows; row++) {
      int from = block.offset + row * block.stride;
      int to = origin + block.outputOffset + row * block.outputStride;
      for (int c = 0; c < block.columns; c++) {
        output[to + c] = (byte) apply(sums[from + c], block.firstColumn + c);
      }
    }
  }
}
