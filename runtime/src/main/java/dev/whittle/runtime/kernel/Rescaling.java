package dev.whittle.runtime.kernel;

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
final class Rescaling {
  /** A bias below this and a sum below 2^24 add up to a float with an error below a unit. */
  private static final long MAX_BIAS = 1 << 24;

  /**
   * How far a product in single precision may be from a whole number for that to be the result.
   * Products that matter are below 512; the sum, the factor, the product and the shift are rounded
   * once each.
   */
  static final float SURE = 0.5f - 512 * 5 * 0x1p-24f;

  private final int[] bias;
  private final int[] left;
  private final long[] mantissa;
  private final long[] half;
  private final int[] right;

  /** All ones where halves go away from zero: added if the product is negative. */
  private final long[] ties;

  /** The bias in single precision, where {@link #isApproximate}. */
  final float[] floatBias;

  /** The multipliers in single precision. */
  final float[] factor;

  /**
   * What the first of the two roundings comes to: the second one goes up from {@code k + 1/2 -
   * 2^-(right + 1)} on, since what lies between that and one half is rounded to the half before.
   */
  final float[] shift;

  /** Whether halves go away from zero, so that the shift has the product's sign. */
  final boolean away;

  /** Whether biases are small enough to be added to sums in single precision, exactly. */
  private final boolean approximate;

  final int zeroPoint;
  final int low;
  final int high;

  /**
   * Lays out a requantization.
   *
   * @param firstColumn which of the layer's columns comes first
   * @param bias one for each column, with what the zero points contribute
   * @param padded how many columns vectors may read: those beyond the last have zeros
   */
  Rescaling(Requantization requantization, int firstColumn, int[] bias, int columns, int padded) {
    this.bias = Arrays.copyOf(bias, padded);
    this.left = new int[padded];
    this.mantissa = new long[padded];
    this.half = new long[padded];
    this.right = new int[padded];
    this.ties = new long[padded];
    this.floatBias = new float[padded];
    this.factor = new float[padded];
    this.shift = new float[padded];
    this.away = !requantization.tiesUp();
    boolean small = true;
    for (int c = 0; c < columns; c++) {
      FixedPoint.Multiplier multiplier = requantization.multiplier(firstColumn + c);
      left[c] = Math.max(multiplier.exponent(), 0);
      right[c] = Math.max(-multiplier.exponent(), 0);
      mantissa[c] = multiplier.mantissa();
      half[c] = 1L << right[c] >> 1;
      ties[c] = requantization.tiesUp() || right[c] == 0 ? 0 : -1;
      floatBias[c] = bias[c];
      factor[c] = (float) Math.scalb((double) mantissa[c], multiplier.exponent() - 31);
      shift[c] = right[c] == 0 ? 0 : (float) Math.scalb(0.5, -right[c]);
      small &= Math.abs((long) bias[c]) < MAX_BIAS && left[c] == 0;
    }
    this.approximate = small;
    this.zeroPoint = requantization.outputZero();
    this.low = requantization.bounds().low();
    this.high = requantization.bounds().high();
  }

  /** Whether products in single precision tell most outputs; see {@link #SURE}. */
  boolean isApproximate() {
    return approximate;
  }

  /** How many columns there is room for. */
  int columns() {
    return bias.length;
  }

  /** The output for the sum of column {@code c}, without bias. */
  int apply(int sum, int c) {
    long product = ((long) ((sum + bias[c]) << left[c]) * mantissa[c] + (1L << 30)) >> 31;
    long rounded = (product + half[c] + ((product >> 63) & ties[c])) >> right[c];
    return Math.min(Math.max((int) rounded + zeroPoint, low), high);
  }

  /** The outputs for sums of adjacent columns. */
  void apply(int[] sums, int at, int firstColumn, int count, byte[] output, int to) {
    for (int i = 0; i < count; i++) {
      output[to + i] = (byte) apply(sums[at + i], firstColumn + i);
    }
  }
}
