package dev.whittle.optimize.calibrate;

import java.util.Arrays;

/**
 * A histogram over a range that is symmetric around 0 and doubles when a number lies outside.
 * Therefore the order of numbers does not matter, and histograms of different ranges can be merged
 * with a loss of resolution only.
 */
public final class Histogram {
  /** The number of bins over the whole range. Doubling the range merges pairs of bins. */
  public static final int BINS = 4096;

  private static final int HALF = BINS / 2;

  private final long[] counts;
  private double limit;
  private long total;

  /** Creates an empty histogram. */
  public Histogram() {
    this(new long[BINS], 0);
  }

  private Histogram(long[] counts, double limit) {
    this.counts = counts;
    this.limit = limit;
    this.total = Arrays.stream(counts).sum();
  }

  /**
   * Returns a histogram with these counts.
   *
   * @param counts {@link #BINS} counts, from the most negative bin to the most positive
   * @param limit the end of the range from {@code -limit} to {@code limit}: a power of two, or 0
   *     for an empty histogram
   * @throws IllegalArgumentException if there are not {@link #BINS} counts, or one is negative
   */
  public static Histogram of(long[] counts, double limit) {
    if (counts.length != BINS || Arrays.stream(counts).anyMatch(c -> c < 0) || !(limit >= 0)) {
      throw new IllegalArgumentException(
          "a histogram needs %d counts that are not negative, and a limit of at least 0"
              .formatted(BINS));
    }
    return new Histogram(counts.clone(), limit);
  }

  /** Returns the counts, from the most negative bin to the most positive. */
  public long[] counts() {
    return counts.clone();
  }

  /** Returns the end of the range, which is from {@code -limit()} to {@code limit()}. */
  public double limit() {
    return limit;
  }

  /** Returns the number of numbers that were added. */
  public long total() {
    return total;
  }

  /** Returns the lower bound of bin {@code i}. */
  public double start(int i) {
    return (i - HALF) * (limit / HALF);
  }

  /** Returns the width of a bin. */
  public double width() {
    return limit / HALF;
  }

  /**
   * Widens the range to contain finite numbers of a magnitude.
   *
   * @param magnitude the maximum magnitude, at least 0
   */
  void cover(double magnitude) {
    if (limit == 0) {
      // A smaller limit would let the bin width underflow; such numbers are counted as zero.
      limit = Math.scalb(1.0, Math.max(-100, Math.getExponent(magnitude) + 1));
    }
    while (magnitude >= limit) {
      mergePairs();
    }
  }

  private void mergePairs() {
    long[] merged = new long[BINS];
    for (int i = 0; i < BINS; i++) {
      merged[HALF / 2 + i / 2] += counts[i];
    }
    System.arraycopy(merged, 0, counts, 0, BINS);
    limit *= 2;
  }

  /**
   * Counts the finite numbers among the first {@code count}. {@link #cover} must have been called
   * with their maximum magnitude.
   */
  void add(float[] values, int count) {
    double perUnit = HALF / limit;
    for (int i = 0; i < count; i++) {
      float x = values[i];
      if (Float.isFinite(x)) {
        int bin = (int) (x * perUnit + HALF);
        counts[Math.min(bin, BINS - 1)]++;
        total++;
      }
    }
  }

  /** Adds the counts of another histogram. */
  void merge(Histogram other) {
    if (other.total == 0) {
      return;
    }
    var copy = new Histogram(other.counts.clone(), other.limit);
    cover(copy.limit * 0.5);
    while (copy.limit < limit) {
      copy.mergePairs();
    }
    while (limit < copy.limit) {
      mergePairs();
    }
    for (int i = 0; i < BINS; i++) {
      counts[i] += copy.counts[i];
    }
    total += copy.total;
  }
}
