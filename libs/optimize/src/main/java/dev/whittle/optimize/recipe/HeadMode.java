package dev.whittle.optimize.recipe;

/**
 * The treatment of a classifier head: a LOGISTIC or SOFTMAX that computes a model's output. In
 * integers its scale is fixed, so that confident scores become equal and the predicted class may be
 * lost.
 */
public enum HeadMode {
  /** The head computes in floats if calibration shows ties that integers introduce. */
  AUTO,
  /** The head computes in floats. */
  FLOAT,
  /** The head is removed. The model's outputs are the logits. */
  LOGITS,
  /** The head computes in integers. */
  INTEGER
}
