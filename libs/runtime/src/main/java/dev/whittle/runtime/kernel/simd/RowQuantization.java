package dev.whittle.runtime.kernel.simd;

/**
 * The dynamic quantization of a row of floats to integers relative to their zero point: {@code
 * clamp(round(x * factor + zeroPoint), low, high) - zeroPoint}, with ties rounded away from zero. A
 * run changes it, so that it allocates nothing.
 */
public final class RowQuantization {
  float factor;
  int zeroPoint;
  int low;
  int high;

  /** Sets the parameters of a row. */
  public RowQuantization set(float newFactor, int newZeroPoint, int min, int max) {
    factor = newFactor;
    zeroPoint = newZeroPoint;
    low = min;
    high = max;
    return this;
  }
}
