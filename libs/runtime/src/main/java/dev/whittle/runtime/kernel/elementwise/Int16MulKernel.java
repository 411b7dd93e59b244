package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.op.Requantization;
import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;

/** Elementwise products of quantized 16-bit integers. */
public final class Int16MulKernel extends BlockKernel implements ElementwiseKernel {
  private final Requantization requantization;
  private final int leftZero;
  private final int rightZero;

  public Int16MulKernel(
      Workers workers,
      int count,
      Requantization requantization,
      int leftZero,
      int rightZero,
      BlockOperand... operands) {
    super(workers, count, operands);
    this.requantization = requantization;
    this.leftZero = leftZero;
    this.rightZero = rightZero;
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    short[] x = scratch.shorts(2 * BLOCK);
    operand(0).read(from, x, 0, count);
    operand(1).read(from, x, BLOCK, count);
    for (int i = 0; i < count; i++) {
      int product = (x[i] - leftZero) * (x[BLOCK + i] - rightZero);
      x[i] = (short) requantization.apply(product, 0);
    }
    store(x, from, count);
  }
}
