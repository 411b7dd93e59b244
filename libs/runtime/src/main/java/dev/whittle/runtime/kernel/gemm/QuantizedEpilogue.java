package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.simd.AccumulatorBlock;

/**
 * The prologue and the epilogue of a GEMM of integers in single precision: the prologue converts
 * inputs to integer-valued floats, the epilogue requantizes accumulators to outputs.
 */
public interface QuantizedEpilogue extends Im2col.Source {
  /** Binds the operands before a run. */
  void begin(Tensor input, Tensor output);

  /**
   * Returns the number of integers that each input is split into: 2 where sums of whole inputs
   * would not be exact. Each half has a GEMM of its own, and the first one counts 256 times.
   */
  default int halves() {
    return 1;
  }

  /** Returns the prologue of a half. */
  default Im2col.Source source(int half) {
    return this;
  }

  /** Returns the value of padding. */
  float paddingValue();

  /** Returns how many of {@code count} rows from {@code row} on have the scale of the first. */
  int rowsOfOneScale(int row, int count);

  /**
   * Computes outputs from accumulators in scratch space: from its 64-bit integers if there are two
   * halves.
   *
   * @param block rows of one scale
   * @param integers whether the accumulators are the 32-bit integers in scratch space and not its
   *     floats
   */
  void finish(Scratch scratch, AccumulatorBlock block, boolean integers);
}
