package dev.whittle.optimize.recipe;

/** A method that chooses the range of weights. */
public enum WeightMethod {
  /** The maximum magnitude; no weight is clipped. */
  MIN_MAX,
  /** The bound with the minimum mean squared error of clipping and rounding, found by search. */
  MSE,
  /**
   * The bound with the minimum expected mean squared error, found by Newton's method (OCTAV; Sakr
   * et al., "Optimal clipping and magnitude-aware differentiation for improved quantization-aware
   * training", 2022).
   */
  OCTAV
}
