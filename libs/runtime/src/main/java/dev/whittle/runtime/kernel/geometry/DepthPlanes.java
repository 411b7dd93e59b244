package dev.whittle.runtime.kernel.geometry;

/**
 * The movement of windows along the depth of 3-D inputs {@code [batch, depth, height, width,
 * channels]}. Their planes are images, over which windows move by a {@link WindowGeometry}.
 *
 * @param depth planes of an input
 * @param filter planes of the filter
 * @param outputs planes of an output
 * @param stride distance of adjacent windows
 * @param dilation distance of the planes of a window
 * @param before planes of padding before the input
 */
public record DepthPlanes(
    int depth, int filter, int outputs, int stride, int dilation, int before) {
  /** Images: inputs of one plane. */
  public static final DepthPlanes ONE = new DepthPlanes(1, 1, 1, 1, 1, 0);

  /** Returns whether the windows are the planes of the input, in their order. */
  public boolean areAll() {
    return filter == 1 && stride == 1 && before == 0 && depth == outputs;
  }

  /**
   * Returns the input plane that a plane of the filter reads for an output plane, both counted over
   * the batch; -1 for padding.
   */
  public int plane(int output, int filterPlane) {
    int plane = output % outputs * stride - before + filterPlane * dilation;
    return plane < 0 || plane >= depth ? -1 : output / outputs * depth + plane;
  }
}
