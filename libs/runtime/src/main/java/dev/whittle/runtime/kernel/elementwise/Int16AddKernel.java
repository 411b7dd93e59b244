package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.op.math.QuantizedAdd;
import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;

/** Elementwise sums of quantized 16-bit integers. */
public final class Int16AddKernel extends BlockKernel implements ElementwiseKernel {
  private final QuantizedAdd sum;

  public Int16AddKernel(Workers workers, int count, QuantizedAdd sum, BlockOperand... operands) {
    super(workers, count, operands);
    this.sum = sum;
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    short[] x = scratch.shorts(2 * BLOCK);
    operand(0).read(from, x, 0, count);
    operand(1).read(from, x, BLOCK, count);
    for (int i = 0; i < count; i++) {
      x[i] = (short) sum.result(sum.left(x[i]) + sum.right(x[BLOCK + i]));
    }
    store(x, from, count);
  }
}
