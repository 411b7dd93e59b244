package dev.whittle.runtime.kernel;

import dev.whittle.ir.OperandException;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * Reads a tensor of indices and makes them the numbers of rows of a table, each of which exists.
 */
abstract class RowNumbers {
  private final long[] indices;

  /** Room for indices of 32 bits. */
  private final int[] narrow;

  /** The rows that the indices stand for, once they are read. */
  private final int[] rows;

  private RowNumbers(int indices, int rows) {
    this.indices = new long[indices];
    this.narrow = new int[indices];
    this.rows = new int[rows];
  }

  /** Every index is the number of a row. */
  static RowNumbers plain(int count, int length) {
    return new RowNumbers(count, count) {
      @Override
      void convert(long[] indices, int[] rows) {
        for (int i = 0; i < rows.length; i++) {
          rows[i] = checked(indices[i], length);
        }
      }
    };
  }

  /** As {@link #plain}, for slices of a tensor; others are reported with its extents. */
  static RowNumbers ofSlices(int count, int[] extents) {
    return new RowNumbers(count, count) {
      @Override
      void convert(long[] indices, int[] rows) {
        for (int i = 0; i < rows.length; i++) {
          if (indices[i] < 0 || indices[i] >= extents[0]) {
            throw OperandException.invalid(
                "number %d of a slice of %s", indices[i], Shape.of(extents));
          }
          rows[i] = (int) indices[i];
        }
      }
    };
  }

  /**
   * Every {@code extents.length} indices are the coordinates of a row.
   *
   * @param extents of the axes that rows are numbered along
   */
  static RowNumbers coordinates(int count, int... extents) {
    if (extents.length == 1) {
      return plain(count, extents[0]);
    }
    return new RowNumbers(count * extents.length, count) {
      @Override
      void convert(long[] indices, int[] rows) {
        int next = 0;
        for (int i = 0; i < rows.length; i++) {
          int row = 0;
          for (int extent : extents) {
            row = row * extent + checked(indices[next++], extent);
          }
          rows[i] = row;
        }
      }
    };
  }

  private static int checked(long index, int length) {
    if (index < 0 || index >= length) {
      throw OperandException.invalid("index %d is outside 0..%d", index, length - 1);
    }
    return (int) index;
  }

  /**
   * Makes indices the numbers of rows.
   *
   * @throws OperandException if there is no such row
   */
  abstract void convert(long[] from, int[] to);

  /**
   * The rows that a tensor's indices stand for. The array is always the same.
   *
   * @throws OperandException if there is no such row
   */
  final int[] read(Tensor tensor) {
    int count = indices.length;
    if (tensor.type() == TensorType.INT32) {
      MemorySegment.copy(tensor.data(), Tensor.INT, 0, narrow, 0, count);
      for (int i = 0; i < count; i++) {
        indices[i] = narrow[i];
      }
    } else if (tensor.type() == TensorType.INT64) {
      MemorySegment.copy(tensor.data(), Tensor.LONG, 0, indices, 0, count);
    } else {
      for (int i = 0; i < count; i++) {
        indices[i] = tensor.getInteger(i);
      }
    }
    convert(indices, rows);
    return rows;
  }

  /** What {@link #read} has found. */
  final int[] rows() {
    return rows;
  }
}
