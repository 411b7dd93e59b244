package dev.whittle.ir.op.common;

import dev.whittle.ir.kernel.FixedPoint;

/**
 * The quantization parameters of a row that a hybrid kernel quantizes dynamically, as {@code
 * SymmetricQuantizeFloats} and {@code AsymmetricQuantizeFloats} of TensorFlow Lite choose them.
 *
 * @param scale the scale
 * @param zeroPoint the zero point; 0 if symmetric
 * @param inverse the factor from floats to stored numbers, which differs in rounding from {@code 1
 *     / scale} if symmetric
 * @param low the smallest stored number
 */
public record RowScale(float scale, int zeroPoint, float inverse, int low) {
  /** The largest stored number. */
  public static final int HIGH = 127;

  /**
   * Returns the parameters of a row.
   *
   * @param min the smaller of 0 and the row's smallest float
   * @param max the larger of 0 and the row's largest float
   * @param asymmetric whether the row gets a zero point; otherwise it is 0
   */
  public static RowScale of(float min, float max, boolean asymmetric) {
    return asymmetric ? asymmetric(min, max) : symmetric(Math.max(-min, max));
  }

  private static RowScale symmetric(float range) {
    return range == 0
        ? new RowScale(1, 0, 0, -HIGH)
        : new RowScale(range / HIGH, 0, HIGH / range, -HIGH);
  }

  private static RowScale asymmetric(float min, float max) {
    if (min == max) {
      return new RowScale(1, 0, 1, Byte.MIN_VALUE);
    }
    double step = ((double) max - min) / 255;
    double fromMin = -128 - min / step;
    double fromMax = 127 - max / step;
    // The bound whose computation loses less precision decides.
    double errorMin = 128 + Math.abs(min / step);
    double errorMax = 127 + Math.abs(max / step);
    double nearest = errorMin < errorMax ? fromMin : fromMax;
    int zeroPoint =
        nearest <= -128 ? -128 : nearest >= 127 ? 127 : (int) FixedPoint.roundHalfAway(nearest);
    return new RowScale((float) step, zeroPoint, 1 / (float) step, Byte.MIN_VALUE);
  }

  /** Returns the stored number for a float of the row. */
  public int stored(float x) {
    int nearest = (int) FixedPoint.roundHalfAway(zeroPoint + x * inverse);
    return FixedPoint.clamp(nearest, low, HIGH);
  }
}
