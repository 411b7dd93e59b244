package dev.whittle.runtime.kernel.move;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.IndexReader;
import dev.whittle.runtime.kernel.geometry.ArraySize;

/**
 * Reads a tensor of coordinates and makes them the numbers of rows of a table, each of which
 * exists.
 */
public final class RowIndices {
  /** What is wrong with a coordinate that is not within an axis. */
  @FunctionalInterface
  public interface Problem {
    OperandException of(long coordinate, int dimension);
  }

  private final int[] dimensions;
  private final Problem problem;
  private final IndexReader coordinates;
  private final int[] rows;

  /**
   * Numbers of rows.
   *
   * @param count how many rows are named
   * @param problem of coordinates that are not within their axis
   * @param dimensions of the axes that rows are numbered along: a row has as many coordinates
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
    long[] places = coordinates.read(tensor);
    if (dimensions.length == 1) {
      for (int i = 0; i < rows.length; i++) {
        rows[i] = within(places[i], dimensions[0]);
      }
      return;
    }
    int next = 0;
    for (int i = 0; i < rows.length; i++) {
      int row = 0;
      for (int dimension : dimensions) {
        row = row * dimension + within(places[next++], dimension);
      }
      rows[i] = row;
    }
  }

  private int within(long place, int dimension) {
    if (place < 0 || place >= dimension) {
      throw problem.of(place, dimension);
    }
    return (int) place;
  }

  /** How many rows are named. */
  int count() {
    return rows.length;
  }

  /** The numbers of the rows that were read last. */
  int[] rows() {
    return rows;
  }
}
