package dev.whittle.ir.op;

import dev.whittle.ir.kernel.Tensor;

/**
 * How the steps of samples lie in the operands of recurrent operators.
 *
 * @param timeMajor whether all samples of one step lie together
 */
record SequenceLayout(int batches, int steps, boolean timeMajor) {
  /** Of an input {@code [batch, time, in]} or {@code [time, batch, in]}, or of one step. */
  static SequenceLayout of(Tensor input, boolean timeMajor) {
    if (input.rank() == 2) {
      return new SequenceLayout(input.dim(0), 1, false);
    }
    return timeMajor
        ? new SequenceLayout(input.dim(1), input.dim(0), true)
        : new SequenceLayout(input.dim(0), input.dim(1), false);
  }

  /** Which row of the operand a step of a sample is. */
  long row(int batch, int step) {
    return timeMajor ? (long) step * batches + batch : (long) batch * steps + step;
  }
}
