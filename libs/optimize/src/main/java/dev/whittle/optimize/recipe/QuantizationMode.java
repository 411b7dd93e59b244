package dev.whittle.optimize.recipe;

/** In what numbers an operator computes and how its weights are stored. */
public enum QuantizationMode {
  /** Everything stays as it is. */
  FLOAT,
  /** Weights are integers, activations floats; the operator's hybrid kernel quantizes inputs. */
  DYNAMIC,
  /** Weights and activations are integers. */
  INTEGER,
  /** Weights are small and become floats before the operator, which computes in floats. */
  WEIGHTS_ONLY
}
