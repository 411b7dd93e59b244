package dev.whittle.train.network;

/**
 * The sparsity of weights over the steps of training (M. Zhu and S. Gupta, "To prune, or not to
 * prune", 2017): {@code last + (initial - last) * (1 - (step - begin) / (end - begin))^power}
 * between {@code begin} and {@code end}, {@code last} afterwards.
 *
 * @param initial the sparsity at {@code begin}, at least 0 and under 1
 * @param last the final sparsity, at least 0 and under 1
 * @param begin the first step with pruning, at least 0
 * @param end the step from which on the sparsity is {@code last}
 * @param power the exponent, over 0: 1 for a linear schedule, 3 for that of the paper
 * @param frequency the number of steps between selections of the weights to prune
 */
public record PruningSchedule(
    double initial, double last, long begin, long end, double power, long frequency) {
  public PruningSchedule {
    if (!(initial >= 0 && initial < 1 && last >= 0 && last < 1)) {
      throw new IllegalArgumentException(
          "sparsity must be at least 0 and under 1, not %s to %s".formatted(initial, last));
    }
    if (begin < 0 || end < begin || frequency < 1 || !(power > 0)) {
      throw new IllegalArgumentException(
          "a schedule needs 0 <= begin <= end, a frequency of at least 1 and a power over 0, not"
              + " steps %d to %d, frequency %d, power %s".formatted(begin, end, frequency, power));
    }
  }

  /** Returns a constant sparsity from {@code begin} on. Weights are selected until {@code end}. */
  public static PruningSchedule constant(double sparsity, long begin, long end, long frequency) {
    return new PruningSchedule(sparsity, sparsity, begin, end, 1, frequency);
  }

  /** Returns a sparsity that grows from {@code initial} to {@code last} with the power 3. */
  public static PruningSchedule polynomialDecay(
      double initial, double last, long begin, long end, long frequency) {
    return new PruningSchedule(initial, last, begin, end, 3, frequency);
  }

  /** Returns whether weights to prune are selected before a step. */
  boolean updatesAt(long step) {
    return step >= begin && step <= end && ((step - begin) % frequency == 0 || step == end);
  }

  /** Returns the sparsity at a step. */
  double sparsity(long step) {
    if (step >= end) {
      return last;
    }
    double remaining = 1 - (double) (Math.max(step, begin) - begin) / (end - begin);
    return last + (initial - last) * Math.pow(remaining, power);
  }
}
