package dev.whittle.optimize.recipe;

/** How the range of weights is chosen. */
public enum WeightMethod {
  /** The largest magnitude: nothing is clipped. */
  MIN_MAX,
  /** The magnitude with the least mean square of clipping and rounding errors, by search. */
  MSE,
  /**
   * The same by Newton's method on the expected error (Sakr et al., "Optimal clipping and
   * magnitude-aware differentiation for improved quantization-aware training", 2022).
   */
  OCTAV
}
