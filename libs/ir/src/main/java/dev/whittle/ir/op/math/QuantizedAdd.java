package dev.whittle.ir.op.math;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;

/**
 * The sum of two quantized operands: both are rescaled to twice the greater of their scales, added,
 * and rescaled to the result's (quantization notes, section b).
 */
public final class QuantizedAdd {
  /** How many bits 8-bit operands are shifted up before they are rescaled to a common scale. */
  private static final int SHIFT = 20;

  /** The same for 16-bit operands. */
  private static final int WIDE_SHIFT = 15;

  private final FixedPoint.Multiplier left;
  private final FixedPoint.Multiplier right;
  private final FixedPoint.Multiplier result;
  private final Activation.Bounds bounds;
  private final int shift;
  private final int leftZero;
  private final int rightZero;
  private final int outputZero;
  private final int sign;

  /**
   * The sum of the first two operands.
   *
   * @param sign 1, or -1 for their difference
   */
  public QuantizedAdd(Operands operands, Activation activation, int sign) {
    Quantization a = operands.input(0).requireQuantization();
    Quantization b = operands.input(1).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    this.shift = operands.type(0) == TensorType.INT16 ? WIDE_SHIFT : SHIFT;
    double twice = 2.0 * Math.max(a.scaleValue(), b.scaleValue());
    this.left = FixedPoint.Multiplier.of(a.scaleValue() / twice);
    this.right = FixedPoint.Multiplier.of(b.scaleValue() / twice);
    this.result = FixedPoint.Multiplier.of(twice / ((1 << shift) * (double) out.scaleValue()));
    this.bounds = activation.quantizedBounds(operands.output(0).type(), out);
    this.leftZero = a.zeroPointValue();
    this.rightZero = b.zeroPointValue();
    this.outputZero = out.zeroPointValue();
    this.sign = sign;
  }

  /** Whether all scales are powers of two, for which native runtimes have another 16-bit sum. */
  public static boolean hasPowerOfTwoScales(Operands operands) {
    return isPowerOfTwo(operands.input(0).requireQuantization().scaleValue())
        && isPowerOfTwo(operands.input(1).requireQuantization().scaleValue())
        && isPowerOfTwo(operands.output(0).requireQuantization().scaleValue());
  }

  private static boolean isPowerOfTwo(float scale) {
    return scale == Math.scalb(1f, Math.getExponent(scale));
  }

  /** What a stored number of the first operand adds, at the common scale. */
  public int left(int stored) {
    return left.apply((stored - leftZero) << shift);
  }

  /** What a stored number of the second operand adds, at the common scale. */
  public int right(int stored) {
    return sign * right.apply((stored - rightZero) << shift);
  }

  /** The stored result for a sum at the common scale. */
  public int result(int sum) {
    return bounds.clamp(result.apply(sum) + outputZero);
  }
}
