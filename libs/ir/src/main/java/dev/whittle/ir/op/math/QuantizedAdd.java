package dev.whittle.ir.op.math;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;

/**
 * The sum of two quantized operands, as {@code kernels/add.cc} of TensorFlow Lite computes it: both
 * are requantized to a common scale, twice the larger one, added, and requantized to the output's
 * scale.
 */
public final class QuantizedAdd {
  /** The bits by which 8-bit operands are shifted left before they are requantized. */
  private static final int INT8_SHIFT = 20;

  /** The bits by which 16-bit operands are shifted left before they are requantized. */
  private static final int INT16_SHIFT = 15;

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
   * Makes the sum for given operands.
   *
   * @param operands the operands of {@link Add} or {@link Sub}
   * @param activation the fused activation
   * @param sign 1 for the sum, -1 for the difference
   */
  public QuantizedAdd(Operands operands, Activation activation, int sign) {
    Quantization a = operands.input(0).requireQuantization();
    Quantization b = operands.input(1).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    this.shift = operands.type(0) == TensorType.INT16 ? INT16_SHIFT : INT8_SHIFT;
    double commonScale = 2.0 * Math.max(a.scaleValue(), b.scaleValue());
    this.left = FixedPoint.Multiplier.of(a.scaleValue() / commonScale);
    this.right = FixedPoint.Multiplier.of(b.scaleValue() / commonScale);
    this.result =
        FixedPoint.Multiplier.of(commonScale / ((1 << shift) * (double) out.scaleValue()));
    this.bounds = activation.quantizedBounds(operands.output(0).type(), out);
    this.leftZero = a.zeroPointValue();
    this.rightZero = b.zeroPointValue();
    this.outputZero = out.zeroPointValue();
    this.sign = sign;
  }

  /**
   * Returns whether all scales are powers of two, for which the built-in kernel has a 16-bit path.
   */
  public static boolean hasPowerOfTwoScales(Operands operands) {
    return isPowerOfTwo(operands.input(0).requireQuantization().scaleValue())
        && isPowerOfTwo(operands.input(1).requireQuantization().scaleValue())
        && isPowerOfTwo(operands.output(0).requireQuantization().scaleValue());
  }

  private static boolean isPowerOfTwo(float scale) {
    return scale == Math.scalb(1f, Math.getExponent(scale));
  }

  /** Returns a stored number of the first operand at the common scale. */
  public int left(int stored) {
    return left.apply((stored - leftZero) << shift);
  }

  /** Returns a stored number of the second operand at the common scale, with its sign. */
  public int right(int stored) {
    return sign * right.apply((stored - rightZero) << shift);
  }

  /** Returns the stored output for a sum at the common scale. */
  public int result(int sum) {
    return bounds.clamp(result.apply(sum) + outputZero);
  }
}
