package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;

/** An elementwise function of booleans; any nonzero byte is true. */
public final class LogicalKernel extends BlockKernel implements ElementwiseKernel {
  /** A function; {@code NOT} has one operand. */
  public enum Function {
    AND,
    OR,
    NOT
  }

  private final Function function;

  public LogicalKernel(Workers workers, int count, Function function, BlockOperand... operands) {
    super(workers, count, operands);
    this.function = function;
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    byte[] x = scratch.bytes(2 * BLOCK);
    operand(0).read(from, x, 0, count);
    takeBooleanValue(x, 0, count);
    if (function != Function.NOT) {
      operand(1).read(from, x, BLOCK, count);
      takeBooleanValue(x, BLOCK, count);
    }
    switch (function) {
      case AND -> {
        for (int i = 0; i < count; i++) {
          x[i] &= x[BLOCK + i];
        }
      }
      case OR -> {
        for (int i = 0; i < count; i++) {
          x[i] |= x[BLOCK + i];
        }
      }
      case NOT -> {
        for (int i = 0; i < count; i++) {
          x[i] ^= 1;
        }
      }
    }
    store(x, from, count);
  }

  /** Replaces nonzero bytes by 1. */
  private static void takeBooleanValue(byte[] x, int first, int count) {
    for (int i = first; i < first + count; i++) {
      int bits = x[i] & 0xff;
      x[i] = (byte) ((bits + 0xff) >> 8);
    }
  }
}
