package dev.whittle.runtime.kernel.geometry;

/**
 * The movement of a depthwise filter along one row of an image.
 *
 * @param width columns of the input
 * @param before columns of padding before the input
 * @param outputs columns of the output
 */
public record DepthwiseGeometry(
    int width,
    int channels,
    int filterHeight,
    int filterWidth,
    int stride,
    int dilation,
    int before,
    int outputs) {
  /** Returns the movement along rows that have been copied together with their padding. */
  public static DepthwiseGeometry padded(WindowGeometry windows) {
    return of(windows, windows.reachedColumns(), 0);
  }

  /** Returns the movement along the rows of the images themselves. */
  public static DepthwiseGeometry inPlace(WindowGeometry windows) {
    return of(windows, windows.width(), windows.left());
  }

  private static DepthwiseGeometry of(WindowGeometry windows, int width, int before) {
    return new DepthwiseGeometry(
        width,
        windows.channels(),
        windows.filterHeight(),
        windows.filterWidth(),
        windows.strideWidth(),
        windows.dilationWidth(),
        before,
        windows.outputWidth());
  }

  public int taps() {
    return filterHeight * filterWidth;
  }

  /**
   * Returns whether the products of a window are added row by row of the filter, and not column by
   * column. All kernels keep to this order, so that they give the same bits. Narrow filters read
   * each column of pixels once for all windows that it is in, wide ones each row.
   */
  private boolean isByRows() {
    return filterWidth > 3;
  }

  /** Returns the filter's row of a tap, in the order of the products. */
  public int tapRow(int tap) {
    return isByRows() ? tap / filterWidth : tap % filterHeight;
  }

  /** Returns the filter's column of a tap, in the order of the products. */
  public int tapColumn(int tap) {
    return isByRows() ? tap % filterWidth : tap / filterHeight;
  }

  /** Returns the first output whose window begins inside the input. */
  public int firstInside() {
    return Math.min(outputs, Math.ceilDiv(before, stride));
  }

  /** Returns the output after the last one whose window ends inside the input. */
  public int endInside() {
    int reach = (filterWidth - 1) * dilation;
    int last = width - 1 - reach + before;
    return last < 0 ? 0 : Math.min(outputs, last / stride + 1);
  }
}
