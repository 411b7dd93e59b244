package dev.whittle.ir.op.nn;

import dev.whittle.ir.op.Padding;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;

/**
 * The movement of a filter or pooling window along one axis.
 *
 * @param padding the padding of the input
 * @param stride the distance between windows, at least 1
 * @param dilation the distance between the taps of a window, at least 1
 */
record Window(Padding padding, int stride, int dilation) {
  Window {
    if (stride < 1 || dilation < 1) {
      throw OperandException.invalid(
          "stride %d and dilation %d; expected at least 1", stride, dilation);
    }
  }

  /** Returns the number of input elements that a window of {@code size} taps spans. */
  private long dilatedSize(int size) {
    return (size - 1L) * dilation + 1;
  }

  /**
   * Returns the size of the output along the axis; dynamic if an argument is.
   *
   * @param input the size of the input
   * @param size the number of taps
   * @throws OperandException if the window does not fit into the input
   */
  int output(int input, int size) {
    if (input == Shape.DYNAMIC || size == Shape.DYNAMIC) {
      return Shape.DYNAMIC;
    }
    if (size < 1) {
      throw OperandException.invalid("a window of %d taps; expected at least 1", size);
    }
    long output =
        padding == Padding.SAME
            ? Math.ceilDiv((long) input, stride)
            : Math.floorDiv(input + (long) stride - dilatedSize(size), stride);
    if (output < 0 || (output == 0 && input > 0)) {
      throw OperandException.invalid(
          "a window that spans %d elements does not fit into an input of %d",
          dilatedSize(size), input);
    }
    return (int) output;
  }

  /**
   * Returns the padding before the input, in elements.
   *
   * @param input the size of the input
   * @param size the number of taps
   * @param output the size of the output
   */
  int paddingBefore(int input, int size, int output) {
    long total = (output - 1L) * stride + dilatedSize(size) - input;
    return (int) (Math.max(0, total) / 2);
  }
}
