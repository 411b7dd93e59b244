package dev.whittle.runtime.kernel.geometry;

import dev.whittle.ir.Operands;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.nn.Conv2D;
import dev.whittle.ir.op.nn.DepthwiseConv2D;
import dev.whittle.ir.tensor.Shape;

/**
 * The movement of windows over images {@code [batch, height, width, channels]}.
 *
 * @param top rows of padding above the input
 * @param left columns of padding before the input
 */
public record WindowGeometry(
    int batch,
    int height,
    int width,
    int channels,
    int filterHeight,
    int filterWidth,
    int outputHeight,
    int outputWidth,
    int strideHeight,
    int strideWidth,
    int dilationHeight,
    int dilationWidth,
    int top,
    int left) {

  public static WindowGeometry of(Conv2D conv, Operands operands) {
    Shape filter = operands.shape(1);
    return of(
        conv.padding(),
        operands.shape(0),
        operands.output(0).shape(),
        new int[] {filter.dim(1), conv.strideHeight(), conv.dilationHeight()},
        new int[] {filter.dim(2), conv.strideWidth(), conv.dilationWidth()});
  }

  public static WindowGeometry of(DepthwiseConv2D conv, Operands operands) {
    Shape filter = operands.shape(1);
    return of(
        conv.padding(),
        operands.shape(0),
        operands.output(0).shape(),
        new int[] {filter.dim(1), conv.strideHeight(), conv.dilationHeight()},
        new int[] {filter.dim(2), conv.strideWidth(), conv.dilationWidth()});
  }

  /**
   * Returns the windows of a filter.
   *
   * @param vertical height, stride and dilation
   * @param horizontal width, stride and dilation
   */
  public static WindowGeometry of(
      Padding padding, Shape input, Shape output, int[] vertical, int[] horizontal) {
    return new WindowGeometry(
        input.dim(0),
        input.dim(1),
        input.dim(2),
        input.dim(3),
        vertical[0],
        horizontal[0],
        output.dim(1),
        output.dim(2),
        vertical[1],
        horizontal[1],
        vertical[2],
        horizontal[2],
        before(padding, input.dim(1), output.dim(1), vertical),
        before(padding, input.dim(2), output.dim(2), horizontal));
  }

  /** Returns windows over the rows of a matrix, as an image of one column. */
  public static WindowGeometry ofRows(int rows, int depth) {
    return new WindowGeometry(1, rows, 1, depth, 1, 1, rows, 1, 1, 1, 1, 1, 0, 0);
  }

  /**
   * Returns the padding before the input along one axis.
   *
   * @param window dimension, stride and dilation
   */
  public static int before(Padding padding, int input, int output, int[] window) {
    long reach = (window[0] - 1L) * window[2] + 1;
    long total = Math.max(0, (output - 1L) * window[1] + reach - input);
    return padding == Padding.SAME ? ArraySize.of(total / 2) : 0;
  }

  /** Returns windows of one pixel as an image of one column; other windows as they are. */
  public WindowGeometry flattened() {
    return arePixels() ? ofRows(ArraySize.product(batch, height * width), channels) : this;
  }

  /** Returns whether the windows are the pixels of the input, in their order. */
  public boolean arePixels() {
    return filterHeight == 1
        && filterWidth == 1
        && strideHeight == 1
        && strideWidth == 1
        && top == 0
        && left == 0
        && height == outputHeight
        && width == outputWidth;
  }

  /** Returns the same windows with more rows and columns of padding before the input. */
  public WindowGeometry withPadding(int rows, int columns) {
    return new WindowGeometry(
        batch,
        height,
        width,
        channels,
        filterHeight,
        filterWidth,
        outputHeight,
        outputWidth,
        strideHeight,
        strideWidth,
        dilationHeight,
        dilationWidth,
        top + rows,
        left + columns);
  }

  /** Returns whether the first and the last window overlap the image. */
  public boolean overlapInput() {
    int tall = (filterHeight - 1) * dilationHeight;
    int wide = (filterWidth - 1) * dilationWidth;
    return top <= tall
        && left <= wide
        && (outputHeight - 1) * strideHeight - top < height
        && (outputWidth - 1) * strideWidth - left < width;
  }

  /** Returns whether a window reaches outside the image. */
  public boolean readsPadding() {
    return top > 0
        || left > 0
        || inputRow(outputHeight - 1, filterHeight - 1) >= height
        || (outputWidth - 1) * strideWidth - left + (filterWidth - 1) * dilationWidth >= width;
  }

  public int outputs() {
    return ArraySize.product(batch, outputHeight, outputWidth);
  }

  public int taps() {
    return ArraySize.product(filterHeight, filterWidth);
  }

  /** Returns the input row that a row of the filter reads for output row {@code y}. */
  public int inputRow(int y, int filterRow) {
    return y * strideHeight - top + filterRow * dilationHeight;
  }

  /** Returns the number of columns that windows read, including padding. */
  public int reachedColumns() {
    return (outputWidth - 1) * strideWidth + (filterWidth - 1) * dilationWidth + 1;
  }

  /** Returns the number of rows that {@code count} adjacent rows of windows read. */
  public int reachedRows(int count) {
    return (count - 1) * strideHeight + (filterHeight - 1) * dilationHeight + 1;
  }
}
