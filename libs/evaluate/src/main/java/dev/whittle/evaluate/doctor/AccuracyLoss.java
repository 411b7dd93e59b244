package dev.whittle.evaluate.doctor;

import dev.whittle.evaluate.EvaluationMetrics;

/** What a quantized model loses against the float one, in points of a hundred. */
public final class AccuracyLoss {
  /** What the points are of. */
  public enum Measure {
    /** Labeled samples that are no longer answered rightly. */
    ACCURACY,
    /** Samples for which the best class is another one. */
    AGREEMENT,
    /** The error of the output relative to the output. */
    ERROR
  }

  private AccuracyLoss() {}

  /** The first measure that samples and output allow. */
  static Measure measure(EvaluationMetrics floats, int outputs) {
    return floats.hasLabels() ? Measure.ACCURACY : outputs > 1 ? Measure.AGREEMENT : Measure.ERROR;
  }

  static double of(Measure measure, EvaluationMetrics floats, EvaluationMetrics quantized) {
    return switch (measure) {
      case ACCURACY -> 100 * (floats.top1() - quantized.top1());
      case AGREEMENT -> 100 * (1 - quantized.agreement());
      case ERROR -> 100 * quantized.relativeError();
    };
  }
}
