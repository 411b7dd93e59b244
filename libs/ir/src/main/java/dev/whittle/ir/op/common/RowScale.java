package dev.whittle.ir.op.common;

import dev.whittle.ir.kernel.FixedPoint;

/**
 * How a row of floats of a hybrid operator becomes 8-bit numbers (quantization notes, sections a.3
 * and c).
 *
 * @param inverse what floats are multiplied by, which is not quite {@code 1 / scale} if symmetric
 * @param low the least stored number
 */
public record RowScale(float scale, int zeroPoint, float inverse, int low) {
  /** The greatest stored number. */
  public static final int HIGH = 127;

  /**
   * The scale for a row.
   *
   * @param min the least float of the row, or 0 if that is less
   * @param max the greatest float of the row, or 0 if that is greater
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
    // The end of the range whose computation lost less precision decides.
    double errorMin = 128 + Math.abs(min / step);
    double errorMax = 127 + Math.abs(max / step);
    double nearest = errorMin < errorMax ? fromMin : fromMax;
    int zeroPoint =
        nearest <= -128 ? -128 : nearest >= 127 ? 127 : (int) FixedPoint.roundHalfAway(nearest);
    return new RowScale((float) step, zeroPoint, 1 / (float) step, Byte.MIN_VALUE);
  }

  /** What is stored for a float of the row. */
  public int stored(float x) {
    int nearest = (int) FixedPoint.roundHalfAway(zeroPoint + x * inverse);
    return FixedPoint.clamp(nearest, low, HIGH);
  }
}
