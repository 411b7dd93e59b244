package dev.whittle.ir.op.nn;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;

/**
 * The loop nest of a 2-D convolution. For each output element, it passes the input and filter
 * elements whose products are summed to an accumulator. Taps in the padding are skipped, because
 * their products are zero.
 */
final class ConvolutionLoop {
  /** The sum of one output element after another. */
  interface Accumulator {
    /**
     * Adds the products of adjacent elements.
     *
     * @param input the index of the first input element
     * @param filter the index of the first filter element
     * @param count the number of elements
     */
    void add(long input, long filter, int count);

    /**
     * Stores the sum and resets it.
     *
     * @param output the index of the output element
     * @param batch its batch
     * @param channel its channel
     */
    void finish(long output, int batch, int channel);
  }

  private final Window vertical;
  private final Window horizontal;

  /** The depth multiplier of a depthwise convolution; 0 for other convolutions. */
  private final int multiplier;

  ConvolutionLoop(Window vertical, Window horizontal, int multiplier) {
    this.vertical = vertical;
    this.horizontal = horizontal;
    this.multiplier = multiplier;
  }

  /** Computes all output elements of an input {@code [batch, height, width, channels]}. */
  void run(Tensor input, Tensor filter, Tensor output, Accumulator sum) {
    int inputHeight = input.dim(1);
    int inputWidth = input.dim(2);
    int inputChannels = input.dim(3);
    int filterHeight = filter.dim(1);
    int filterWidth = filter.dim(2);
    int depth = multiplier == 0 ? filter.dim(3) : 1;
    int channels = output.dim(3);
    if (multiplier == 0 && (depth == 0 || inputChannels % depth != 0)) {
      throw OperandException.invalid(
          "input has %d channels; expected a multiple of the filter's %d", inputChannels, depth);
    }
    int channelsPerGroup =
        multiplier == 0 ? Math.max(1, channels * depth / inputChannels) : multiplier;
    int top = vertical.paddingBefore(inputHeight, filterHeight, output.dim(1));
    int left = horizontal.paddingBefore(inputWidth, filterWidth, output.dim(2));
    long index = 0;
    for (int b = 0; b < output.dim(0); b++) {
      for (int y = 0; y < output.dim(1); y++) {
        for (int x = 0; x < output.dim(2); x++) {
          for (int c = 0; c < channels; c++, index++) {
            int firstChannel = c / channelsPerGroup * depth;
            for (int ky = 0; ky < filterHeight; ky++) {
              int row = y * vertical.stride() - top + ky * vertical.dilation();
              if (row < 0 || row >= inputHeight) {
                continue;
              }
              for (int kx = 0; kx < filterWidth; kx++) {
                int column = x * horizontal.stride() - left + kx * horizontal.dilation();
                if (column >= 0 && column < inputWidth) {
                  long pixel = ((long) b * inputHeight + row) * inputWidth + column;
                  sum.add(
                      pixel * inputChannels + firstChannel,
                      filterIndex(filterHeight, filterWidth, ky, kx, c, depth, channels),
                      depth);
                }
              }
            }
            sum.finish(index, b, c);
          }
        }
      }
    }
  }

  private long filterIndex(
      int height, int width, int ky, int kx, int channel, int depth, int channels) {
    return multiplier == 0
        ? (((long) channel * height + ky) * width + kx) * depth
        : ((long) ky * width + kx) * channels + channel;
  }
}
