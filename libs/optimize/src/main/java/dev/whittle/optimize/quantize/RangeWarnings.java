package dev.whittle.optimize.quantize;

import dev.whittle.optimize.calibrate.Histogram;
import dev.whittle.optimize.calibrate.TensorStatistics;
import java.util.Optional;

/** Ranges that cost accuracy, or that calibration data cannot be trusted for. */
final class RangeWarnings {
  /** What most numbers keep to, if a few outliers set the range. */
  private static final double NARROW_SHARE = 0.01;

  private static final double MOST_NUMBERS = 0.9999;

  /** Statistics of fewer numbers say little about outliers. */
  private static final long ENOUGH = 10_000;

  private RangeWarnings() {}

  static Optional<String> of(String name, TensorStatistics statistics) {
    if (statistics.nonFinite() > 0) {
      return Optional.of(
          "'%s' holds %d numbers that are not finite; it stays float"
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
    if (statistics.count() >= ENOUGH
        && share(statistics, magnitude * NARROW_SHARE) > MOST_NUMBERS) {
      return Optional.of(
          "the range of '%s' (%.4g to %.4g) is set by outliers: %.2f %% of its numbers are within"
                  .formatted(name, statistics.min(), statistics.max(), 100 * MOST_NUMBERS)
              + " a hundredth of it; another calibration method may serve it better");
    }
    return Optional.empty();
  }

  /** The share of the numbers whose magnitude is at most {@code limit}. */
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
