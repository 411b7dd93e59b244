package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Quantization;

/** The sum of 8-bit operands along axes, which the built-in kernel rescales in single precision. */
public final class QuantizedReduceSum {
  private final float scale;
  private final float bias;
  private final int outputZero;
  private final Activation.Bounds bounds;

  /** The sum of {@code count} numbers each. */
  public QuantizedReduceSum(Operands operands, long count) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    scale = in.scaleValue() / out.scaleValue();
    bias = -in.zeroPointValue() * scale * count;
    outputZero = out.zeroPointValue();
    bounds = Activation.Bounds.of(operands.type(0));
  }

  /** The stored total for a sum of stored numbers. */
  public int apply(long sum) {
    return bounds.clamp((int) FixedPoint.roundHalfAway(sum * scale + bias) + outputZero);
  }
}
