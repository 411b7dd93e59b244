package dev.whittle.optimize.calibrate;

/**
 * The interval of real numbers that the integers of a quantized tensor represent.
 *
 * @param min the lower bound, finite
 * @param max the upper bound, finite, at least {@code min}
 */
public record Range(double min, double max) {
  public Range {
    if (!(min <= max) || !Double.isFinite(min) || !Double.isFinite(max)) {
      throw new IllegalArgumentException(
          "a range must have finite bounds in ascending order, not " + min + " to " + max);
    }
  }

  /** Returns the smallest range that contains both. */
  public Range union(Range other) {
    return new Range(Math.min(min, other.min), Math.max(max, other.max));
  }

  /** Returns the maximum magnitude in the range. */
  public double magnitude() {
    return Math.max(Math.abs(min), Math.abs(max));
  }
}
