package dev.whittle.ir.op.nn;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;

/**
 * Walks a two-dimensional convolution: for each element of the output, the runs of input elements
 * and filter elements whose products it sums. Places beyond the borders are left out, as they count
 * for nothing.
 */
final class ConvolutionLoop {
  /** Receives the runs of one output element after another. */
  interface Sum {
    /** Adds the products of {@code count} adjacent elements of input and filter. */
    void add(long input, long filter, int count);

    /** Ends the sum of output element {@code output}, which is of that batch and channel. */
    void end(long output, int batch, int channel);
  }

  private final Window vertical;
  private final Window horizontal;

  /** For depthwise convolution, how many outputs each input channel has; 0 for others. */
  private final int multiplier;

  ConvolutionLoop(Window vertical, Window horizontal, int multiplier) {
    this.vertical = vertical;
    this.horizontal = horizontal;
    this.multiplier = multiplier;
  }

  /** Walks an input {@code [batch, height, width, channels]}. */
  void walk(Tensor input, Tensor filter, Tensor output, Sum sum) {
    int inputHeight = input.dim(1);
    int inputWidth = input.dim(2);
    int inputChannels = input.dim(3);
    int filterHeight = filter.dim(1);
    int filterWidth = filter.dim(2);
    int run = multiplier == 0 ? filter.dim(3) : 1;
    int channels = output.dim(3);
    if (multiplier == 0 && (run == 0 || inputChannels % run != 0)) {
      throw OperandException.invalid("%d input channels for a filter of %d", inputChannels, run);
    }
    int perGroup = multiplier == 0 ? Math.max(1, channels * run / inputChannels) : multiplier;
    int top = vertical.before(inputHeight, filterHeight, output.dim(1));
    int left = horizontal.before(inputWidth, filterWidth, output.dim(2));
    long at = 0;
    for (int b = 0; b < output.dim(0); b++) {
      for (int y = 0; y < output.dim(1); y++) {
        for (int x = 0; x < output.dim(2); x++) {
          for (int c = 0; c < channels; c++, at++) {
            int firstChannel = c / perGroup * run;
            for (int ky = 0; ky < filterHeight; ky++) {
              int row = y * vertical.stride() - top + ky * vertical.dilation();
              if (row < 0 || row >= inputHeight) {
                continue;
              }
              for (int kx = 0; kx < filterWidth; kx++) {
                int column = x * horizontal.stride() - left + kx * horizontal.dilation();
                if (column >= 0 && column < inputWidth) {
                  long place = ((long) b * inputHeight + row) * inputWidth + column;
                  sum.add(
                      place * inputChannels + firstChannel,
                      filterIndex(filterHeight, filterWidth, ky, kx, c, run, channels),
                      run);
                }
              }
            }
            sum.end(at, b, c);
          }
        }
      }
    }
  }

  private long filterIndex(
      int height, int width, int ky, int kx, int channel, int run, int channels) {
    return multiplier == 0
        ? (((long) channel * height + ky) * width + kx) * run
        : ((long) ky * width + kx) * channels + channel;
  }
}
