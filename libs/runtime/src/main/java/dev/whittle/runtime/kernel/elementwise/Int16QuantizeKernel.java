package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;

/** Quantization of floats to 16 bits with zero point 0; halves are rounded away from zero. */
public final class Int16QuantizeKernel extends BlockKernel implements ElementwiseKernel {
  private final double scale;

  public Int16QuantizeKernel(Workers workers, int count, float scale, BlockOperand operand) {
    super(workers, count, operand);
    this.scale = scale;
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    float[] x = scratch.input();
    short[] stored = scratch.shorts(BLOCK);
    operand(0).read(from, x, 0, count);
    for (int i = 0; i < count; i++) {
      // Quotients of floats are never so close below a half that adding one half rounds up.
      double quotient = x[i] / scale;
      double rounded = quotient + (quotient < 0 ? -0.5 : 0.5);
      stored[i] = (short) Math.min(Math.max(rounded, Short.MIN_VALUE), Short.MAX_VALUE);
    }
    store(stored, from, count);
  }
}
