package dev.whittle.optimize.recipe;

/** The number formats in which an operator computes and stores its weights. */
public enum QuantizationMode {
  /** Weights and activations are floats. */
  FLOAT,
  /** Weights are integers, activations floats. The hybrid kernel quantizes inputs dynamically. */
  DYNAMIC,
  /** Weights and activations are integers. */
  INTEGER,
  /** Weights are stored as integers or half floats and dequantized before a float operator. */
  WEIGHTS_ONLY
}
