package dev.whittle.runtime.kernel.geometry;

/**
 * How a depthwise filter moves along one row of a picture.
 *
 * @param width columns of the input
 * @param before how many columns before the input the first window begins
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
  /** Of lines whose ends have what is beyond the border, so that all windows are inside. */
  public static DepthwiseGeometry bordered(WindowGeometry windows) {
    return of(windows, windows.reachedColumns(), 0);
  }

  /** Of the lines of the pictures themselves. */
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
   * Whether the products of a window are added row by row of the filter, and not column by column.
   * All kernels keep to that, so that they give the same bits: narrow filters read each column of
   * pixels once for all windows that it is in, wide ones each row.
   */
  private boolean isByRows() {
    return filterWidth > 3;
  }

  /** The filter's row of a tap, counted in the order of the products. */
  public int tapRow(int tap) {
    return isByRows() ? tap / filterWidth : tap % filterHeight;
  }

  /** The filter's column of a tap, counted in the order of the products. */
  public int tapColumn(int tap) {
    return isByRows() ? tap % filterWidth : tap / filterHeight;
  }

  /** The first output whose window begins inside the input. */
  public int firstInside() {
    return Math.min(outputs, Math.ceilDiv(before, stride));
  }

  /** The output after the last one whose window ends inside the input. */
  public int endInside() {
    int reach = (filterWidth - 1) * dilation;
    int last = width - 1 - reach + before;
    return last < 0 ? 0 : Math.min(outputs, last / stride + 1);
  }
}
