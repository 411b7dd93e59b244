package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Quantization;

/**
 * The mean of 8-bit operands: the division by the count is part of the rescaling. Pictures averaged
 * over height and width go another way in the built-in kernels, with other rounding.
 */
public final class QuantizedMean {
  private final boolean image;
  private final int count;
  private final int inputZero;
  private final int bias;
  private final int mantissa;
  private final int exponent;
  private final Activation.Bounds bounds;

  /**
   * The mean of {@code count} numbers each.
   *
   * @param image whether height and width of pictures are reduced, to extents of 1
   */
  public QuantizedMean(Operands operands, int count, boolean image) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    this.image = image;
    this.count = count;
    this.inputZero = in.zeroPointValue();
    this.bounds = Activation.Bounds.of(operands.type(0));
    if (image) {
      float zero = in.zeroPointValue() * in.scaleValue() / out.scaleValue();
      var scale = FixedPoint.Multiplier.of(in.scaleValue() / (count * out.scaleValue()));
      this.bias = out.zeroPointValue() - (int) (zero > 0 ? zero + 0.5f : zero - 0.5f);
      this.mantissa = scale.mantissa();
      this.exponent = scale.exponent();
    } else {
      var scale = FixedPoint.Multiplier.of((double) in.scaleValue() / (double) out.scaleValue());
      int shift = Math.min(31 - Integer.numberOfLeadingZeros(count), 31 + scale.exponent());
      this.bias = out.zeroPointValue();
      this.mantissa = (int) (((long) scale.mantissa() << shift) / count);
      this.exponent = scale.exponent() - shift;
    }
  }

  /** The stored mean for a sum of stored numbers. */
  public int apply(long sum) {
    int centered = (int) (image ? sum : sum - (long) count * inputZero);
    return bounds.clamp(FixedPoint.multiply(centered, mantissa, exponent) + bias);
  }
}
