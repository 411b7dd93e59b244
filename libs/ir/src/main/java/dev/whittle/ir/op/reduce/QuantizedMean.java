package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Quantization;

/**
 * The mean of quantized operands. The division by the number of elements is part of the
 * requantization. The built-in kernel has another formula, with other rounding, for means over the
 * height and width of images.
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
   * Makes the mean for given operands.
   *
   * @param operands the operands of {@link Mean}
   * @param count the number of elements of each mean
   * @param image whether the height and width of images are reduced to size 1
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

  /** Returns the stored mean for a sum of stored numbers. */
  public int apply(long sum) {
    int centered = (int) (image ? sum : sum - (long) count * inputZero);
    return bounds.clamp(FixedPoint.multiply(centered, mantissa, exponent) + bias);
  }
}
