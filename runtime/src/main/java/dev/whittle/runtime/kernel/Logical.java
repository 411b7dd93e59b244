package dev.whittle.runtime.kernel;

import org.jspecify.annotations.Nullable;

/** A function of truth values: any byte but zero is true. */
final class Logical extends BlockKernel implements ElementwiseKernel {
  /** A function; {@code NOT} has one operand. */
  enum Function {
    AND,
    OR,
    NOT
  }

  private final Function function;
  private final BlockOperand left;
  private final @Nullable BlockOperand right;

  private Logical(
      Workers workers,
      int count,
      Function function,
      BlockOperand left,
      @Nullable BlockOperand right,
      BlockOperand... operands) {
    super(workers, count, operands);
    this.function = function;
    this.left = left;
    this.right = right;
  }

  static Logical not(Workers workers, int count, BlockOperand operand) {
    return new Logical(workers, count, Function.NOT, operand, null, operand);
  }

  static Logical of(
      Workers workers, int count, Function function, BlockOperand left, BlockOperand right) {
    return new Logical(workers, count, function, left, right, left, right);
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    byte[] x = scratch.bytes(2 * BLOCK);
    left.read(from, x, 0, count);
    takeTruth(x, 0, count);
    if (right != null) {
      right.read(from, x, BLOCK, count);
      takeTruth(x, BLOCK, count);
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

  /** Makes ones of all bytes but zeros. */
  private static void takeTruth(byte[] x, int first, int count) {
    for (int i = first; i < first + count; i++) {
      int bits = x[i] & 0xff;
      x[i] = (byte) ((bits + 0xff) >> 8);
    }
  }
}
