package dev.whittle.optimize.calibrate;

/** The search for a clipping range in a histogram. */
final class RangeSearch {
  /** The number of candidate bounds: hundredths of the full range. */
  private static final int STEPS = 100;

  /** The smallest candidate: a tenth of the full range. */
  private static final int FIRST_STEP = 10;

  private RangeSearch() {}

  /** Returns the range that leaves out {@code (1 - kept) / 2} of the numbers on each side. */
  static Range percentile(Histogram histogram, double kept) {
    long[] counts = histogram.counts();
    double cut = histogram.total() * (1 - kept) / 2;
    int low = 0;
    double passed = counts[low];
    while (passed <= cut && low < counts.length - 1) {
      passed += counts[++low];
    }
    int high = counts.length - 1;
    passed = counts[high];
    while (passed <= cut && high > low) {
      passed += counts[--high];
    }
    return new Range(histogram.start(low), histogram.start(high) + histogram.width());
  }

  /** The cost of a range, which is minimized. */
  private interface Cost {
    double of(double low, double high);
  }

  /** Returns the range with the minimum mean squared error for integers of some bits. */
  static Range meanSquaredError(Histogram histogram, Range full, int bits) {
    long[] counts = histogram.counts();
    double width = histogram.width();
    int levels = (1 << Math.min(bits, 16)) - 1;
    return shrink(
        full,
        (low, high) -> {
          double step = (high - low) / levels;
          // The variance of a uniform distribution over one quantization step.
          double rounding = step * step / 12;
          double sum = 0;
          for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
              double x = histogram.start(i) + width / 2;
              double clipping = x < low ? low - x : x > high ? x - high : 0;
              sum += counts[i] * (clipping > 0 ? clipping * clipping : rounding);
            }
          }
          return sum;
        });
  }

  /** Returns the range with the minimum divergence for integers of some bits. */
  static Range entropy(Histogram histogram, Range full, int bits) {
    long[] counts = histogram.counts();
    int levels = 1 << Math.min(bits, 8);
    return shrink(full, (low, high) -> divergence(histogram, counts, low, high, levels));
  }

  /**
   * Returns the Kullback-Leibler divergence between the distribution clipped to a range and the
   * distribution inside the range quantized to a number of levels.
   */
  private static double divergence(
      Histogram histogram, long[] counts, double low, double high, int levels) {
    int first = bin(histogram, low);
    int last = Math.max(first, bin(histogram, high));
    int size = last - first + 1;
    double[] clipped = new double[size];
    double outside = 0;
    for (int i = 0; i < counts.length; i++) {
      clipped[Math.clamp(i - first, 0, size - 1)] += counts[i];
      outside += i < first || i > last ? counts[i] : 0;
    }
    double[] merged = new double[size];
    for (int level = 0; level < levels; level++) {
      int from = (int) ((long) level * size / levels);
      int to = (int) ((long) (level + 1) * size / levels);
      double sum = 0;
      int filled = 0;
      for (int i = from; i < to; i++) {
        sum += counts[first + i];
        filled += clipped[i] > 0 ? 1 : 0;
      }
      for (int i = from; i < to; i++) {
        merged[i] = clipped[i] > 0 ? sum / filled : 0;
      }
    }
    double total = histogram.total();
    double inside = Math.max(1, total - outside);
    double divergence = 0;
    for (int i = 0; i < size; i++) {
      if (clipped[i] > 0) {
        double p = clipped[i] / total;
        // A bin that only clipped numbers fill has no quantized counterpart; the floor avoids an
        // infinite divergence.
        double q = Math.max(merged[i], 1e-4) / inside;
        divergence += p * Math.log(p / q);
      }
    }
    return divergence;
  }

  private static int bin(Histogram histogram, double x) {
    int bin = (int) Math.floor((x - histogram.start(0)) / histogram.width());
    return Math.clamp(bin, 0, Histogram.BINS - 1);
  }

  /** Returns the cheapest range: first shrinks both bounds together, then each alone. */
  private static Range shrink(Range full, Cost cost) {
    double low = Math.min(full.min(), 0);
    double high = Math.max(full.max(), 0);
    if (low == high) {
      return full;
    }
    Range best = new Range(low, high);
    double minCost = cost.of(low, high);
    for (int step = STEPS - 1; step >= FIRST_STEP; step--) {
      double share = (double) step / STEPS;
      double c = cost.of(low * share, high * share);
      if (c < minCost) {
        minCost = c;
        best = new Range(low * share, high * share);
      }
    }
    for (boolean upper : new boolean[] {true, false}) {
      Range base = best;
      for (int step = STEPS; step >= FIRST_STEP; step--) {
        double share = (double) step / STEPS;
        var candidate =
            upper ? new Range(base.min(), high * share) : new Range(low * share, base.max());
        double c = cost.of(candidate.min(), candidate.max());
        if (c < minCost) {
          minCost = c;
          best = candidate;
        }
      }
    }
    return best;
  }
}
