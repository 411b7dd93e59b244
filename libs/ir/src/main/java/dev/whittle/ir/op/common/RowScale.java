package dev.whittle.ir.op.common;

import dev.whittle.ir.kernel.FixedPoint;

/**
 * The quantization parameters of a row that a hybrid kernel quantizes dynamically, as {@code
 * SymmetricQuantizeFloats} and {@code AsymmetricQuantizeFloats} of TensorFlow Lite choose them. A
 * kernel has one and sets it for each row, so that runs allocate nothing.
 */
public final class RowScale {
  /** The largest stored number. */
  public static final int HIGH = 127;

  private float scale = 1;
  private int zeroPoint;
  private float inverse;
  private int low;

  /** Returns the scale. */
  public float scale() {
    return scale;
  }

  /** Returns the zero point; 0 if the row is quantized symmetrically. */
  public int zeroPoint() {
    return zeroPoint;
  }

  /**
   * Returns the factor from floats to stored numbers, which differs in rounding from {@code 1 /
   * scale} if the row is quantized symmetrically.
   */
  public float inverse() {
    return inverse;
  }

  /** Returns the smallest stored number. */
  public int low() {
    return low;
  }

  /**
   * Sets the parameters of a row.
   *
   * @param min the smaller of 0 and the row's smallest float
   * @param max the larger of 0 and the row's largest float
   * @param asymmetric whether the row gets a zero point; otherwise it is 0
   */
  public void set(float min, float max, boolean asymmetric) {
    if (asymmetric) {
      setAsymmetric(min, max);
    } else {
      setSymmetric(Math.max(-min, max));
    }
  }

  private void setSymmetric(float range) {
    scale = range == 0 ? 1 : range / HIGH;
    inverse = range == 0 ? 0 : HIGH / range;
    zeroPoint = 0;
    low = -HIGH;
  }

  private void setAsymmetric(float min, float max) {
    low = Byte.MIN_VALUE;
    if (min == max) {
      scale = 1;
      inverse = 1;
      zeroPoint = 0;
      return;
    }
    double step = ((double) max - min) / 255;
    double fromMin = -128 - min / step;
    double fromMax = 127 - max / step;
    // The bound whose computation loses less precision decides.
    double errorMin = 128 + Math.abs(min / step);
    double errorMax = 127 + Math.abs(max / step);
    double nearest = errorMin < errorMax ? fromMin : fromMax;
    zeroPoint =
        nearest <= -128 ? -128 : nearest >= 127 ? 127 : (int) FixedPoint.roundHalfAway(nearest);
    scale = (float) step;
    inverse = 1 / (float) step;
  }

  /** Returns the stored number for a float of the row. */
  public int stored(float x) {
    int nearest = (int) FixedPoint.roundHalfAway(zeroPoint + x * inverse);
    return FixedPoint.clamp(nearest, low, HIGH);
  }
}
