package dev.whittle.ir.op.nn;

import dev.whittle.ir.op.Padding;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;

/**
 * How a filter or a pool moves along one axis.
 *
 * @param stride how far it moves at a time, at least 1
 * @param dilation how far apart the places it looks at are, at least 1
 */
record Window(Padding padding, int stride, int dilation) {
  Window {
    if (stride < 1 || dilation < 1) {
      throw OperandException.invalid("stride %d and dilation %d", stride, dilation);
    }
  }

  private long reach(int size) {
    return (size - 1L) * dilation + 1;
  }

  /** The extent of the output for an input of that extent, which may be dynamic. */
  int output(int input, int size) {
    if (input == Shape.DYNAMIC || size == Shape.DYNAMIC) {
      return Shape.DYNAMIC;
    }
    if (size < 1) {
      throw OperandException.invalid("a window of extent %d", size);
    }
    long output =
        padding == Padding.SAME
            ? Math.ceilDiv((long) input, stride)
            : Math.floorDiv(input + (long) stride - reach(size), stride);
    if (output < 0 || (output == 0 && input > 0)) {
      throw OperandException.invalid(
          "a window that reaches %d does not fit into an extent of %d", reach(size), input);
    }
    return (int) output;
  }

  /** How many places before the input the first window begins. */
  int before(int input, int size, int output) {
    long total = (output - 1L) * stride + reach(size) - input;
    return (int) (Math.max(0, total) / 2);
  }
}
