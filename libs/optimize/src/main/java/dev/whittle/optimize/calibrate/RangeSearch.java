package dev.whittle.optimize.calibrate;

/** Searches a range in a histogram. */
final class RangeSearch {
  /** Ranges are tried from a tenth of the whole on, in steps of a hundredth. */
  private static final int STEPS = 100;

  private static final int FIRST_STEP = 10;

  private RangeSearch() {}

  /** Leaves out {@code (1 - kept) / 2} of the numbers at each end. */
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

  /** What a range costs; less is better. */
  private interface Cost {
    double of(double low, double high);
  }

  static Range meanSquaredError(Histogram histogram, Range whole, int bits) {
    long[] counts = histogram.counts();
    double width = histogram.width();
    int levels = (1 << Math.min(bits, 16)) - 1;
    return shrink(
        whole,
        (low, high) -> {
          double step = (high - low) / levels;
          // Errors of rounding are spread evenly over a step.
          double rounding = step * step / 12;
          double sum = 0;
          for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
              double x = histogram.start(i) + width / 2;
              double beyond = x < low ? low - x : x > high ? x - high : 0;
              sum += counts[i] * (beyond > 0 ? beyond * beyond : rounding);
            }
          }
          return sum;
        });
  }

  static Range entropy(Histogram histogram, Range whole, int bits) {
    long[] counts = histogram.counts();
    int levels = 1 << Math.min(bits, 8);
    return shrink(whole, (low, high) -> divergence(histogram, counts, low, high, levels));
  }

  /**
   * The Kullback-Leibler divergence of the distribution, clipped to a range, from the same merged
   * into as many levels as the integers have.
   */
  private static double divergence(
      Histogram histogram, long[] counts, double low, double high, int levels) {
    int first = bin(histogram, low);
    int last = Math.max(first, bin(histogram, high));
    int size = last - first + 1;
    double[] clipped = new double[size];
    double outside = 0;
    for (int i = 0; i < counts.length; i++) {
      int place = Math.clamp(i - first, 0, size - 1);
      clipped[place] += counts[i];
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
        // What was clipped into a bin that was empty has no counterpart: as good as one number.
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

  /** Tries shorter ends, first both together, then each by itself. */
  private static Range shrink(Range whole, Cost cost) {
    double low = Math.min(whole.min(), 0);
    double high = Math.max(whole.max(), 0);
    if (low == high) {
      return whole;
    }
    Range best = new Range(low, high);
    double least = cost.of(low, high);
    for (int step = STEPS - 1; step >= FIRST_STEP; step--) {
      double share = (double) step / STEPS;
      double c = cost.of(low * share, high * share);
      if (c < least) {
        least = c;
        best = new Range(low * share, high * share);
      }
    }
    for (boolean upper : new boolean[] {true, false}) {
      Range base = best;
      for (int step = STEPS; step >= FIRST_STEP; step--) {
        double share = (double) step / STEPS;
        var tried =
            upper ? new Range(base.min(), high * share) : new Range(low * share, base.max());
        double c = cost.of(tried.min(), tried.max());
        if (c < least) {
          least = c;
          best = tried;
        }
      }
    }
    return best;
  }
}
