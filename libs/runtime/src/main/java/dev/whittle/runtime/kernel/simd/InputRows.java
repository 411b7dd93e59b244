package dev.whittle.runtime.kernel.simd;

/**
 * The rows of the input that a depthwise filter reads for some rows of the output: the filter's
 * rows for one output row after the other. Each thread has one and changes it between calls.
 */
public final class InputRows {
  /** For each row the index of channel 0 of column 0. */
  int[] starts = {};

  /**
   * For each row the distance of its columns: 0 for a row of padding, all of whose columns are the
   * same.
   */
  int[] steps = {};

  /** Makes room for {@code count} rows. */
  public void reserve(int count) {
    if (starts.length < count) {
      starts = new int[count];
      steps = new int[count];
    }
  }

  /**
   * Sets a row.
   *
   * @param start index of channel 0 of column 0
   * @param step distance of columns; 0 for a row of padding
   */
  public void set(int row, int start, int step) {
    starts[row] = start;
    steps[row] = step;
  }

  /** Moves the first {@code count} rows by a number of elements. */
  public void move(int count, int by) {
    for (int i = 0; i < count; i++) {
      starts[i] += by;
    }
  }
}
