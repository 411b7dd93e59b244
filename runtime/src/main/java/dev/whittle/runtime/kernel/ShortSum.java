package dev.whittle.runtime.kernel;

import dev.whittle.ir.op.QuantizedSum;

/** Sums of two 16-bit numbers each. */
final class ShortSum extends BlockKernel implements ElementwiseKernel {
  private final QuantizedSum sum;
  private final BlockOperand left;
  private final BlockOperand right;

  ShortSum(Workers workers, int count, QuantizedSum sum, BlockOperand left, BlockOperand right) {
    super(workers, count, left, right);
    this.sum = sum;
    this.left = left;
    this.right = right;
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    short[] x = scratch.shorts(2 * BLOCK);
    left.read(from, x, 0, count);
    right.read(from, x, BLOCK, count);
    for (int i = 0; i < count; i++) {
      x[i] = (short) sum.result(sum.left(x[i]) + sum.right(x[BLOCK + i]));
    }
    store(x, from, count);
  }
}
