package dev.whittle.optimize.calibrate;

/**
 * The real numbers that integers are to stand for.
 *
 * @param min finite
 * @param max finite, not less than {@code min}
 */
public record Range(double min, double max) {
  public Range {
    if (!(min <= max) || !Double.isFinite(min) || !Double.isFinite(max)) {
      throw new IllegalArgumentException("no range: " + min + " to " + max);
    }
  }

  /** The least range that contains both. */
  public Range union(Range other) {
    return new Range(Math.min(min, other.min), Math.max(max, other.max));
  }

  /** The largest magnitude in it. */
  public double magnitude() {
    return Math.max(Math.abs(min), Math.abs(max));
  }
}
