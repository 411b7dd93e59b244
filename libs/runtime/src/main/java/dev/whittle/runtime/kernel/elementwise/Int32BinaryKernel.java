package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;

/** An elementwise function of two 32-bit integer operands; overflows wrap around. */
public final class Int32BinaryKernel extends BlockKernel implements ElementwiseKernel {
  private final Binary function;

  public Int32BinaryKernel(Workers workers, int count, Binary function, BlockOperand... operands) {
    super(workers, count, operands);
    this.function = function;
  }

  /** Returns whether a function of integers is supported. */
  public static boolean has(Binary function) {
    return switch (function) {
      case ADD, SUB, MUL, MAXIMUM, MINIMUM, SQUARED_DIFFERENCE -> true;
      case DIV, PRELU -> false;
    };
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    int[] integers = scratch.integers();
    operand(0).read(from, integers, 0, count);
    operand(1).read(from, integers, BLOCK, count);
    apply(integers, count);
    store(integers, from, count);
  }

  private void apply(int[] x, int count) {
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
          int difference = x[i] - x[BLOCK + i];
          x[i] = difference * difference;
        }
      }
      case DIV, PRELU -> throw new IllegalStateException(function.name());
    }
  }
}
