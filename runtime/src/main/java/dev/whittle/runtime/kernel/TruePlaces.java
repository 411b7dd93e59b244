package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.MemorySegment;

/** The coordinates of the bytes that are not zero. Their number is known when it has run. */
final class TruePlaces implements Kernel {
  private final int[] extents;
  private final int rows;
  private final ByteArray input = new ByteArray();

  /**
   * A kernel.
   *
   * @param extents of the input, which has at least one axis
   */
  TruePlaces(int... extents) {
    this.extents = extents;
    int outer = 1;
    for (int i = 0; i < extents.length - 1; i++) {
      outer *= extents[i];
    }
    this.rows = outer;
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    int length = extents[extents.length - 1];
    Tensor output = invocation.output(0);
    output.resize(count(input.array(), input.offset(), rows * length), extents.length);
    MemorySegment places = output.data();
    long at = 0;
    for (int row = 0; row < rows; row++) {
      int first = input.offset() + row * length;
      for (int column = 0; column < length; column++) {
        if (input.array()[first + column] != 0) {
          write(row, places, at);
          at += extents.length;
          places.setAtIndex(Tensor.LONG, at - 1, column);
        }
      }
    }
  }

  private static int count(byte[] bytes, int from, int count) {
    int found = 0;
    for (int i = from; i < from + count; i++) {
      found += bytes[i] == 0 ? 0 : 1;
    }
    return found;
  }

  /** Writes the coordinates of a row. */
  private void write(int row, MemorySegment places, long at) {
    int rest = row;
    for (int axis = extents.length - 2; axis >= 0; axis--) {
      places.setAtIndex(Tensor.LONG, at + axis, rest % extents[axis]);
      rest /= extents[axis];
    }
  }
}
