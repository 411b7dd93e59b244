package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Quantization;

/**
 * The sum of quantized operands along axes, requantized in single precision as the built-in kernel.
 */
public final class QuantizedReduceSum {
  private final float scale;
  private final float bias;
  private final int outputZero;
  private final Activation.Bounds bounds;

  /**
   * Makes the sum for given operands.
   *
   * @param operands the operands of {@link Sum}
   * @param count the number of elements of each sum
   */
  public QuantizedReduceSum(Operands operands, long count) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    scale = in.scaleValue() / out.scaleValue();
    bias = -in.zeroPointValue() * scale * count;
    outputZero = out.zeroPointValue();
    bounds = Activation.Bounds.of(operands.type(0));
  }

  /** Returns the stored output for a sum of stored numbers. */
  public int apply(long sum) {
    return bounds.clamp((int) FixedPoint.roundHalfAway(sum * scale + bias) + outputZero);
  }
}
