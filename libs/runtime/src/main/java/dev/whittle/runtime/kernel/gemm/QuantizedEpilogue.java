package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.Scratch;

/**
 * What is before and behind products of whole numbers: inputs are made whole floats, part by part,
 * and outputs are made of sums.
 */
public interface QuantizedEpilogue extends Im2col.Source {
  /** Binds the operands before a run. */
  void begin(Tensor input, Tensor output);

  /**
   * How many whole numbers an input is made, which are multiplied one after the other: two where
   * sums of one would not be exact, of which the first counts 256 times.
   */
  default int halves() {
    return 1;
  }

  /** Where the halves come from. */
  default Im2col.Source source(int half) {
    return this;
  }

  /** What is beyond the border. */
  float beyond();

  /** How many of {@code count} rows of the output from {@code row} on are finished alike. */
  int rowsAlike(int row, int count);

  /**
   * Makes outputs of sums. Those of halves are the scratch space's integers of 64 bits.
   *
   * @param whole whether they are the scratch space's integers, and not its floats
   * @param at where they begin in the scratch space
   * @param width how far apart rows of sums are
   * @param row the first row, one of {@code rows} that are finished alike
   * @param column the first column
   * @param to where in the output the first one goes
   * @param stride how far apart the output's rows are
   */
  void finish(
      Scratch scratch,
      boolean whole,
      int at,
      int width,
      int row,
      int rows,
      int column,
      int columns,
      int to,
      int stride);
}
