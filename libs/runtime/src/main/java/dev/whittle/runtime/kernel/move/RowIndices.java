package dev.whittle.runtime.kernel.move;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.IndexReader;
import dev.whittle.runtime.kernel.geometry.ArraySize;

/** A reader of coordinates, which checks them and makes them row indices of a table. */
public final class RowIndices {
  /** A factory of exceptions for coordinates out of range. */
  @FunctionalInterface
  public interface Problem {
    OperandException of(long coordinate, int dimension);
  }

  private final int[] dimensions;
  private final Problem problem;
  private final IndexReader coordinates;
  private final int[] rows;

  /**
   * A reader.
   *
   * @param count number of row indices
   * @param problem makes the exception for a coordinate out of range
   * @param dimensions dimensions of the leading axes; a row index has a coordinate for each
   */
  public RowIndices(int count, Problem problem, int... dimensions) {
    this.dimensions = dimensions;
    this.problem = problem;
    this.coordinates = new IndexReader(ArraySize.product(count, dimensions.length));
    this.rows = new int[count];
  }

  /**
   * Reads the coordinates.
   *
   * @throws OperandException if there is no such row
   */
  void read(Tensor tensor) {
    long[] values = coordinates.read(tensor);
    if (dimensions.length == 1) {
      for (int i = 0; i < rows.length; i++) {
        rows[i] = checked(values[i], dimensions[0]);
      }
      return;
    }
    int next = 0;
    for (int i = 0; i < rows.length; i++) {
      int row = 0;
      for (int dimension : dimensions) {
        row = row * dimension + checked(values[next++], dimension);
      }
      rows[i] = row;
    }
  }

  private int checked(long coordinate, int dimension) {
    if (coordinate < 0 || coordinate >= dimension) {
      throw problem.of(coordinate, dimension);
    }
    return (int) coordinate;
  }

  /** Returns the number of row indices. */
  int count() {
    return rows.length;
  }

  /** Returns the row indices that were read last. */
  int[] rows() {
    return rows;
  }
}
