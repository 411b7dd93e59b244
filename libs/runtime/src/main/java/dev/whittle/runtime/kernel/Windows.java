package dev.whittle.runtime.kernel;

import dev.whittle.ir.Operands;
import dev.whittle.ir.Shape;
import dev.whittle.ir.op.Conv2D;
import dev.whittle.ir.op.DepthwiseConv2D;

/**
 * How windows move over pictures {@code [batch, height, width, channels]}.
 *
 * @param top how many rows before the input the first window begins
 * @param left how many columns before it
 */
record Windows(
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

  static Windows of(Conv2D conv, Operands operands) {
    Shape filter = operands.shape(1);
    return of(
        conv.padding(),
        operands.shape(0),
        operands.output(0).shape(),
        new int[] {filter.dim(1), conv.strideHeight(), conv.dilationHeight()},
        new int[] {filter.dim(2), conv.strideWidth(), conv.dilationWidth()});
  }

  static Windows of(DepthwiseConv2D conv, Operands operands) {
    Shape filter = operands.shape(1);
    return of(
        conv.padding(),
        operands.shape(0),
        operands.output(0).shape(),
        new int[] {filter.dim(1), conv.strideHeight(), conv.dilationHeight()},
        new int[] {filter.dim(2), conv.strideWidth(), conv.dilationWidth()});
  }

  /**
   * Windows of a filter.
   *
   * @param padding the schema's number: 0 same, 1 valid
   * @param vertical extent, stride and dilation
   * @param horizontal the same
   */
  static Windows of(int padding, Shape input, Shape output, int[] vertical, int[] horizontal) {
    return new Windows(
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

  /** The rows of a matrix as pictures of one column. */
  static Windows ofRows(int rows, int depth) {
    return new Windows(1, rows, 1, depth, 1, 1, rows, 1, 1, 1, 1, 1, 0, 0);
  }

  static int before(int padding, int input, int output, int[] window) {
    long reach = (window[0] - 1L) * window[2] + 1;
    long total = Math.max(0, (output - 1L) * window[1] + reach - input);
    return padding == 0 ? Math.toIntExact(total / 2) : 0;
  }

  /** As many windows of one element each, one below the other, where that comes to the same. */
  Windows flattened() {
    return arePixels() ? ofRows(Math.multiplyExact(batch, height * width), channels) : this;
  }

  /** Whether each window is one pixel, and the windows are all pixels in their order. */
  boolean arePixels() {
    return filterHeight == 1
        && filterWidth == 1
        && strideHeight == 1
        && strideWidth == 1
        && top == 0
        && left == 0
        && height == outputHeight
        && width == outputWidth;
  }

  /** The same, with rows and columns of zeros before the input. */
  Windows behind(int rows, int columns) {
    return new Windows(
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

  /** Whether the first window does not end before the picture, nor the last begin behind it. */
  boolean areWithinReach() {
    int tall = (filterHeight - 1) * dilationHeight;
    int wide = (filterWidth - 1) * dilationWidth;
    return top <= tall
        && left <= wide
        && (outputHeight - 1) * strideHeight - top < height
        && (outputWidth - 1) * strideWidth - left < width;
  }

  boolean reachesBeyond() {
    return top > 0
        || left > 0
        || inputRow(outputHeight - 1, filterHeight - 1) >= height
        || (outputWidth - 1) * strideWidth - left + (filterWidth - 1) * dilationWidth >= width;
  }

  int outputs() {
    return Math.multiplyExact(batch, Math.multiplyExact(outputHeight, outputWidth));
  }

  int taps() {
    return Math.multiplyExact(filterHeight, filterWidth);
  }

  /** The input row that a row of the filter reads for output row {@code y}. */
  int inputRow(int y, int filterRow) {
    return y * strideHeight - top + filterRow * dilationHeight;
  }

  /** The columns that windows read, those beyond the border included. */
  int reachedColumns() {
    return (outputWidth - 1) * strideWidth + (filterWidth - 1) * dilationWidth + 1;
  }

  /** The rows that {@code count} adjacent rows of windows read. */
  int reachedRows(int count) {
    return (count - 1) * strideHeight + (filterHeight - 1) * dilationHeight + 1;
  }
}
