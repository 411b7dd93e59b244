package dev.whittle.runtime.kernel.geometry;

/**
 * How windows over volumes {@code [batch, depth, height, width, channels]} move along the depth:
 * the planes of a volume are pictures, and {@link WindowGeometry} say how they move over these.
 *
 * @param depth planes of a volume
 * @param filter planes of the filter
 * @param outputs planes of an output volume
 * @param stride how far apart the first planes of adjacent windows are
 * @param dilation how far apart the planes of a window are
 * @param before how many planes before the volume the first window begins
 */
public record DepthPlanes(
    int depth, int filter, int outputs, int stride, int dilation, int before) {
  /** Pictures, each a volume of one plane. */
  public static final DepthPlanes ONE = new DepthPlanes(1, 1, 1, 1, 1, 0);

  /** Whether each window is of one plane, and the windows are at all planes in their order. */
  public boolean areAll() {
    return filter == 1 && stride == 1 && before == 0 && depth == outputs;
  }

  /**
   * The plane, counted over all volumes, that a plane of the filter reads for an output plane,
   * which is counted likewise; -1 if it is beyond its volume.
   */
  public int plane(int output, int filterPlane) {
    int place = output % outputs * stride - before + filterPlane * dilation;
    return place < 0 || place >= depth ? -1 : output / outputs * depth + place;
  }
}
