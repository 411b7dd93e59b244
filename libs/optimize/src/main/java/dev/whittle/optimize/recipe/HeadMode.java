package dev.whittle.optimize.recipe;

/**
 * What becomes of a LOGISTIC or SOFTMAX that gives a model's output. As integers their scale is
 * fixed, so that confident scores become equal and the best class may get lost.
 */
public enum HeadMode {
  /** Floats if calibration shows ties that were none, else integers. */
  AUTO,
  /** Computes in floats, whatever calibration shows. */
  FLOAT,
  /** Is left out: the model gives what went into it. */
  LOGITS,
  /** Computes in integers, whatever calibration shows. */
  INTEGER
}
