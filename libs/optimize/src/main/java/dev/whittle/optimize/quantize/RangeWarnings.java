package dev.whittle.optimize.quantize;

import dev.whittle.optimize.calibrate.Histogram;
import dev.whittle.optimize.calibrate.TensorStatistics;
import java.util.Optional;

/** Warnings about calibrated ranges that cost accuracy or that the data does not support. */
final class RangeWarnings {
  /** The share of the range in which nearly all numbers lie if outliers set it. */
  private static final double NARROW_SHARE = 0.01;

  /** The share of the numbers that counts as nearly all. */
  private static final double NEARLY_ALL = 0.9999;

  /** The minimum count of numbers for statements about outliers. */
  private static final long MIN_COUNT = 10_000;

  private RangeWarnings() {}

  /** Returns the warning for a value; empty if there is none. */
  static Optional<String> of(String name, TensorStatistics statistics) {
    if (statistics.nonFinite() > 0) {
      return Optional.of(
          "'%s' has %d values that are not finite with the calibration data; it stays in floats"
              .formatted(name, statistics.nonFinite()));
    }
    if (statistics.count() == 0) {
      return Optional.of("'%s' was never computed with the calibration data".formatted(name));
    }
    if (statistics.min() == statistics.max() && statistics.count() > 1) {
      return Optional.of(
          "'%s' is always %s with the calibration data".formatted(name, statistics.max()));
    }
    double magnitude = Math.max(-statistics.min(), statistics.max());
    if (statistics.count() >= MIN_COUNT
        && share(statistics, magnitude * NARROW_SHARE) > NEARLY_ALL) {
      return Optional.of(
          "outliers set the range of '%s' (%.4g to %.4g): %.2f %% of its values are within a"
                  .formatted(name, statistics.min(), statistics.max(), 100 * NEARLY_ALL)
              + " hundredth of it; try another calibration method");
    }
    return Optional.empty();
  }

  /** Returns the share of the numbers whose magnitude is at most {@code limit}. */
  private static double share(TensorStatistics statistics, double limit) {
    Histogram histogram = statistics.histogram();
    long[] counts = histogram.counts();
    long inside = 0;
    for (int i = 0; i < counts.length; i++) {
      double start = histogram.start(i);
      if (start >= -limit && start + histogram.width() <= limit) {
        inside += counts[i];
      }
    }
    return (double) inside / histogram.total();
  }
}
