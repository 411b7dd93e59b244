package dev.whittle.train.network;

/**
 * Which share of the weights is zero at which step of training (Zhu and Gupta, 2017).
 *
 * @param initial the share at {@code begin}
 * @param end the step from which on the share is {@code last}
 * @param power how the share approaches {@code last}: 1 for a straight line, 3 for fast at first
 * @param frequency the zeros are chosen anew every so many steps, from {@code begin} to {@code end}
 */
public record PruningSchedule(
    double initial, double last, long begin, long end, double power, long frequency) {
  public PruningSchedule {
    if (!(initial >= 0 && initial < 1 && last >= 0 && last < 1)) {
      throw new IllegalArgumentException(
          "sparsity must be at least 0 and under 1, is %s to %s".formatted(initial, last));
    }
    if (begin < 0 || end < begin || frequency < 1 || !(power > 0)) {
      throw new IllegalArgumentException(
          "steps %d to %d, every %d, power %s".formatted(begin, end, frequency, power));
    }
  }

  /** The same share from a step on; the zeros are chosen anew until {@code end}. */
  public static PruningSchedule constant(double sparsity, long begin, long end, long frequency) {
    return new PruningSchedule(sparsity, sparsity, begin, end, 1, frequency);
  }

  /** A share that grows from {@code initial} to {@code last}, fast at first. */
  public static PruningSchedule polynomialDecay(
      double initial, double last, long begin, long end, long frequency) {
    return new PruningSchedule(initial, last, begin, end, 3, frequency);
  }

  boolean changesAt(long step) {
    return step >= begin && step <= end && ((step - begin) % frequency == 0 || step == end);
  }

  double sparsity(long step) {
    if (step >= end) {
      return last;
    }
    double left = 1 - (double) (Math.max(step, begin) - begin) / (end - begin);
    return last + (initial - last) * Math.pow(left, power);
  }
}
