package dev.whittle.optimize.calibrate;

import java.util.Arrays;

/**
 * How often numbers fell where, over a range around 0 that doubles when a number lies outside. So
 * numbers can be added in any order and histograms of different ranges merged without loss but
 * resolution.
 */
public final class Histogram {
  /** Bins over the whole range; of what doubling merges, half of them stay filled at least. */
  public static final int BINS = 4096;

  private static final int HALF = BINS / 2;

  private final long[] counts;
  private double limit;
  private long total;

  public Histogram() {
    this(new long[BINS], 0);
  }

  private Histogram(long[] counts, double limit) {
    this.counts = counts;
    this.limit = limit;
    this.total = Arrays.stream(counts).sum();
  }

  /**
   * A histogram from its parts.
   *
   * @param limit the range is from {@code -limit} to {@code limit}; a power of two, or 0 for empty
   * @throws IllegalArgumentException if there are not {@link #BINS} counts, or one is negative
   */
  public static Histogram of(long[] counts, double limit) {
    if (counts.length != BINS || Arrays.stream(counts).anyMatch(c -> c < 0) || !(limit >= 0)) {
      throw new IllegalArgumentException("not a histogram");
    }
    return new Histogram(counts.clone(), limit);
  }

  /** The counts, from the most negative bin to the most positive. */
  public long[] counts() {
    return counts.clone();
  }

  /** The range is from {@code -limit()} to {@code limit()}. */
  public double limit() {
    return limit;
  }

  public long total() {
    return total;
  }

  /** Where bin {@code i} begins. */
  public double start(int i) {
    return (i - HALF) * (limit / HALF);
  }

  /** How wide each bin is. */
  public double width() {
    return limit / HALF;
  }

  /**
   * Makes room for finite numbers up to {@code magnitude}.
   *
   * @param magnitude not negative
   */
  void cover(double magnitude) {
    if (limit == 0) {
      // Numbers so small that their bins would not be numbers count as zero.
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

  /** Counts finite numbers; {@link #cover} has been called for the largest. */
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
