package dev.whittle.runtime.kernel.move;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.ByteArray;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** WHERE: the coordinates of nonzero bytes. The shape of the output depends on their number. */
public final class WhereKernel implements Kernel {
  /** Number of input bytes that are searched at once. */
  private static final int BLOCK = 1024;

  private final int[] dimensions;
  private final int rows;
  private final ByteArray input = new ByteArray();

  /** The coordinates of the present row. */
  private final int[] row;

  /** Coordinates that are not yet written to the output. */
  private final long[] coordinates;

  /**
   * A kernel.
   *
   * @param dimensions dimensions of the input, which is not empty and has at least one axis
   */
  public WhereKernel(int... dimensions) {
    this.dimensions = dimensions;
    int outer = 1;
    for (int i = 0; i < dimensions.length - 1; i++) {
      outer *= dimensions[i];
    }
    this.rows = outer;
    this.row = new int[dimensions.length];
    this.coordinates = new long[2 * BLOCK * dimensions.length];
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    int rank = dimensions.length;
    int length = dimensions[rank - 1];
    Tensor output = invocation.output(0);
    output.resize(count(input.array(), input.offset(), rows * length), rank);
    Arrays.fill(row, 0);
    long written = 0;
    int waiting = 0;
    for (int r = 0; r < rows; r++) {
      for (int first = 0; first < length; first += BLOCK) {
        if (waiting > BLOCK) {
          write(output, written, waiting);
          written += waiting;
          waiting = 0;
        }
        int end = Math.min(first + BLOCK, length);
        int at = input.offset() + r * length;
        int found = columns(input.array(), at, first, end, coordinates, waiting, rank);
        for (int axis = 0; axis < rank - 1; axis++) {
          for (int i = waiting; i < found; i++) {
            coordinates[i * rank + axis] = row[axis];
          }
        }
        waiting = found;
      }
      nextRow();
    }
    write(output, written, waiting);
  }

  private static int count(byte[] bytes, int from, int count) {
    int found = 0;
    for (int i = from; i < from + count; i++) {
      found += bytes[i] == 0 ? 0 : 1;
    }
    return found;
  }

  /**
   * Appends the columns of nonzero bytes as last coordinates. It has no branches, because they
   * could not be predicted.
   *
   * @param waiting number of coordinates that are not yet written
   * @return the new number of coordinates
   */
  private static int columns(
      byte[] bytes, int at, int first, int end, long[] coordinates, int waiting, int rank) {
    int next = waiting;
    for (int column = first; column < end; column++) {
      coordinates[(next + 1) * rank - 1] = column;
      next += bytes[at + column] == 0 ? 0 : 1;
    }
    return next;
  }

  private void nextRow() {
    for (int axis = dimensions.length - 2; axis >= 0; axis--) {
      if (++row[axis] < dimensions[axis]) {
        return;
      }
      row[axis] = 0;
    }
  }

  private void write(Tensor output, long written, int waiting) {
    int rank = dimensions.length;
    long at = written * rank * Long.BYTES;
    MemorySegment.copy(coordinates, 0, output.data(), Tensor.LONG, at, waiting * rank);
  }
}
