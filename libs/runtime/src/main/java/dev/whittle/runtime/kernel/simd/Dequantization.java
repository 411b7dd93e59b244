package dev.whittle.runtime.kernel.simd;

/**
 * The scales that make floats of integer accumulators: {@code clamp(sum * (factor * scale) +
 * bias)}, column by column, with a factor for each row.
 */
public final class Dequantization {
  /** One scale for each column. */
  final float[] scales;

  /** One bias for each column. */
  final float[] bias;

  final Clamp clamp;

  /** Creates the scales of as many columns as both arrays have elements. */
  public Dequantization(float[] scales, float[] bias, Clamp clamp) {
    this.scales = scales;
    this.bias = bias;
    this.clamp = clamp;
  }
}
