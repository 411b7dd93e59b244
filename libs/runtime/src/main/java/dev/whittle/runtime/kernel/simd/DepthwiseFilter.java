package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;

/** A depthwise filter of floats, and its movement along a row of the input. */
public final class DepthwiseFilter {
  final DepthwiseGeometry geometry;

  /** {@code [height, width, channels]}. */
  final float[] weights;

  /** One element for each channel. */
  final float[] bias;

  /**
   * Creates a filter.
   *
   * @param weights {@code [height, width, channels]}
   * @param bias one element for each channel
   */
  public DepthwiseFilter(DepthwiseGeometry geometry, float[] weights, float[] bias) {
    this.geometry = geometry;
    this.weights = weights;
    this.bias = bias;
  }

  /** Returns the same weights with another movement. */
  public DepthwiseFilter withGeometry(DepthwiseGeometry other) {
    return new DepthwiseFilter(other, weights, bias);
  }
}
