package dev.whittle.evaluate.doctor;

import dev.whittle.evaluate.EvaluationMetrics;

/** The loss of a quantized model compared to the float model, in percentage points. */
public final class AccuracyLoss {
  /** A measure of the loss. */
  public enum Measure {
    /** The decrease of the top-1 accuracy on labeled samples. */
    ACCURACY,
    /** The share of the samples for which the predicted class differs. */
    AGREEMENT,
    /** The relative error of the output. */
    ERROR
  }

  private AccuracyLoss() {}

  /** Returns the first measure that the samples and the size of the output allow. */
  static Measure measure(EvaluationMetrics floats, int outputs) {
    return floats.hasLabels() ? Measure.ACCURACY : outputs > 1 ? Measure.AGREEMENT : Measure.ERROR;
  }

  /** Returns the loss in percentage points. */
  static double of(Measure measure, EvaluationMetrics floats, EvaluationMetrics quantized) {
    return switch (measure) {
      case ACCURACY -> 100 * (floats.top1() - quantized.top1());
      case AGREEMENT -> 100 * (1 - quantized.agreement());
      case ERROR -> 100 * quantized.relativeError();
    };
  }
}
