package dev.whittle.runtime.kernel.simd;

/**
 * The block of a depthwise convolution's output that one call of {@link MicroKernels#depthwise}
 * computes. Each thread has one and changes it between calls, so that calls allocate nothing.
 */
public final class DepthwiseBlock {
  /** Rows of the output. */
  int rows;

  int firstChannel;
  int channels;

  /** Index in the output array of the first channel of the first pixel. */
  int outputOffset;

  /** Elements from one pixel of the output to the next. */
  int pixelStride;

  /** Elements from one row of the output to the next. */
  int rowStride;

  /** Selects the number of rows. */
  public DepthwiseBlock rows(int count) {
    rows = count;
    return this;
  }

  /** Selects channels. */
  public DepthwiseBlock channels(int first, int count) {
    firstChannel = first;
    channels = count;
    return this;
  }

  /**
   * Sets where the outputs go.
   *
   * @param offset index of the first channel of the first pixel
   * @param newPixelStride elements from one pixel to the next
   * @param newRowStride elements from one row to the next
   */
  public DepthwiseBlock output(int offset, int newPixelStride, int newRowStride) {
    outputOffset = offset;
    pixelStride = newPixelStride;
    rowStride = newRowStride;
    return this;
  }
}
