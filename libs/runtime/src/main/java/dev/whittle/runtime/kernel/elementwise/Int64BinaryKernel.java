package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;

/** An elementwise function of two 64-bit integer operands; overflows wrap around. */
public final class Int64BinaryKernel extends BlockKernel implements ElementwiseKernel {
  private final Binary function;

  public Int64BinaryKernel(Workers workers, int count, Binary function, BlockOperand... operands) {
    super(workers, count, operands);
    this.function = function;
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    long[] longs = scratch.longs(2 * BLOCK);
    operand(0).read(from, longs, 0, count);
    operand(1).read(from, longs, BLOCK, count);
    apply(longs, count);
    store(longs, from, count);
  }

  private void apply(long[] x, int count) {
    switch (function) {
      case ADD -> {
        for (int i = 0; i < count; i++) {
          x[i] += x[BLOCK + i];
        }
      }
      case SUB -> {
        for (int i = 0; i < count; i++) {
          x[i] -= x[BLOCK + i];
        }
      }
      case MUL -> {
        for (int i = 0; i < count; i++) {
          x[i] *= x[BLOCK + i];
        }
      }
      case MAXIMUM -> {
        for (int i = 0; i < count; i++) {
          x[i] = Math.max(x[i], x[BLOCK + i]);
        }
      }
      case MINIMUM -> {
        for (int i = 0; i < count; i++) {
          x[i] = Math.min(x[i], x[BLOCK + i]);
        }
      }
      case SQUARED_DIFFERENCE -> {
        for (int i = 0; i < count; i++) {
          long difference = x[i] - x[BLOCK + i];
          x[i] = difference * difference;
        }
      }
      case DIV, PRELU -> throw new IllegalStateException(function.name());
    }
  }
}
