package dev.whittle.runtime.kernel.simd;

import dev.whittle.ir.Operands;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.math.QuantizedAdd;
import dev.whittle.ir.tensor.Quantization;

/**
 * The addition or subtraction of 8-bit numbers: bit-exact with the reference kernel, or
 * approximately in single precision, as {@code left * a + right * b + shift}.
 */
public final class Int8Addition {
  /** The greatest ratio of scales for which single precision is of use. */
  private static final float MAX_RATIO = 8;

  private final QuantizedAdd addition;

  /** The scaled left operand for each stored byte. */
  private final int[] lefts = new int[256];

  /** The scaled right operand for each stored byte. */
  private final int[] rights = new int[256];

  final float left;
  final float right;
  final float shift;
  final int low;
  final int high;

  /**
   * The distance of a result in single precision from an integer below which that integer is the
   * exact output; negative where single precision is of no use. Three terms of a magnitude below
   * {@code 255 * (left + right) + shift} are rounded; the reference rounds at 2^-20 of the greater
   * operand's scale.
   */
  final float maxDistance;

  /**
   * Creates the addition of a node.
   *
   * @param sign 1 for a sum, -1 for a difference
   * @param unsigned whether the operands are unsigned
   */
  public Int8Addition(Operands operands, Activation activation, int sign, boolean unsigned) {
    addition = new QuantizedAdd(operands, activation, sign);
    for (int i = 0; i < 256; i++) {
      int stored = unsigned ? i : (byte) i;
      lefts[i] = addition.left(stored);
      rights[i] = addition.right(stored);
    }
    Quantization a = operands.input(0).requireQuantization();
    Quantization b = operands.input(1).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    Activation.Bounds bounds = activation.quantizedBounds(operands.output(0).type(), out);
    low = bounds.low();
    high = bounds.high();
    left = a.scaleValue() / out.scaleValue();
    right = sign * b.scaleValue() / out.scaleValue();
    shift = out.zeroPointValue() - left * a.zeroPointValue() - right * b.zeroPointValue();
    float ratio = Math.max(left, Math.abs(right));
    float magnitude = 255 * (left + Math.abs(right)) + Math.abs(shift);
    float error = magnitude * 4 * 0x1p-24f + ratio * 8 * 0x1p-20f;
    maxDistance = ratio > MAX_RATIO ? -1 : 0.5f - error;
  }

  /** Returns the exact output for two stored numbers. */
  int exact(int a, int b) {
    return addition.result(lefts[a & 0xff] + rights[b & 0xff]);
  }
}
