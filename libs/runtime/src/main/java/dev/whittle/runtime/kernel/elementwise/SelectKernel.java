package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;

/** SELECT and SELECT_V2: a choice between two elements of 8 to 64 bits by a boolean. */
public final class SelectKernel extends BlockKernel implements ElementwiseKernel {
  private final int bits;

  /**
   * A kernel.
   *
   * @param bits size of an element in bits: 8, 16, 32 or 64
   * @param operands the condition, the choice where it is true, and the choice elsewhere
   */
  public SelectKernel(Workers workers, int count, int bits, BlockOperand... operands) {
    super(workers, count, operands);
    this.bits = bits;
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    byte[] x = scratch.bytes(3 * BLOCK);
    operand(0).read(from, x, 0, count);
    switch (bits) {
      case Byte.SIZE -> bytes(x, from, count);
      case Short.SIZE -> shorts(x, scratch.shorts(2 * BLOCK), from, count);
      case Integer.SIZE -> integers(x, scratch.integers(), from, count);
      case Long.SIZE -> longs(x, scratch.longs(2 * BLOCK), from, count);
      default -> throw new IllegalStateException(bits + " bits");
    }
  }

  /** Returns all ones for a nonzero byte: unlike a branch, a mask needs no prediction. */
  private static int mask(byte booleanValue) {
    return (booleanValue | -booleanValue) >> 31;
  }

  private void bytes(byte[] x, int from, int count) {
    operand(1).read(from, x, BLOCK, count);
    operand(2).read(from, x, 2 * BLOCK, count);
    for (int i = 0; i < count; i++) {
      int mask = mask(x[i]);
      x[i] = (byte) ((x[BLOCK + i] & mask) | (x[2 * BLOCK + i] & ~mask));
    }
    store(x, from, count);
  }

  private void shorts(byte[] booleanValue, short[] x, int from, int count) {
    operand(1).read(from, x, 0, count);
    operand(2).read(from, x, BLOCK, count);
    for (int i = 0; i < count; i++) {
      int mask = mask(booleanValue[i]);
      x[i] = (short) ((x[i] & mask) | (x[BLOCK + i] & ~mask));
    }
    store(x, from, count);
  }

  private void integers(byte[] booleanValue, int[] x, int from, int count) {
    operand(1).read(from, x, 0, count);
    operand(2).read(from, x, BLOCK, count);
    // A loop of its own, as bytes and integers are not vectorized together.
    for (int i = 0; i < count; i++) {
      x[2 * BLOCK + i] = booleanValue[i];
    }
    for (int i = 0; i < count; i++) {
      int mask = (x[2 * BLOCK + i] | -x[2 * BLOCK + i]) >> 31;
      x[i] = (x[i] & mask) | (x[BLOCK + i] & ~mask);
    }
    store(x, from, count);
  }

  private void longs(byte[] booleanValue, long[] x, int from, int count) {
    operand(1).read(from, x, 0, count);
    operand(2).read(from, x, BLOCK, count);
    for (int i = 0; i < count; i++) {
      long mask = mask(booleanValue[i]);
      x[i] = (x[i] & mask) | (x[BLOCK + i] & ~mask);
    }
    store(x, from, count);
  }
}
