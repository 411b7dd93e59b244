package dev.whittle.runtime.kernel.simd;

import dev.whittle.ir.Operands;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.math.QuantizedAdd;
import dev.whittle.ir.tensor.Quantization;

/**
 * The sum or difference of two 8-bit numbers, bit for bit as the reference computes it, and about
 * that in single precision: {@code left * a + right * b + shift}.
 */
public final class Int8Addition {
  /** Scales that are greater than the output's by more make single precision of no use. */
  private static final float MAX_FACTOR = 8;

  private final int[] lefts = new int[256];
  private final int[] rights = new int[256];
  private final QuantizedAdd sum;
  final float left;
  final float right;
  final float shift;
  final int low;
  final int high;

  /**
   * How far a result in single precision may be from a whole number for that to be the output;
   * negative where it never tells. What is rounded are three terms of a magnitude below {@code 255
   * * (left + right) + shift}; the reference rounds at 2^-20 of the greater operand's scale.
   */
  final float sure;

  public Int8Addition(Operands operands, Activation activation, int sign, boolean unsigned) {
    sum = new QuantizedAdd(operands, activation, sign);
    for (int i = 0; i < 256; i++) {
      int stored = unsigned ? i : (byte) i;
      lefts[i] = sum.left(stored);
      rights[i] = sum.right(stored);
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
    float greater = Math.max(left, Math.abs(right));
    float magnitude = 255 * (left + Math.abs(right)) + Math.abs(shift);
    sure = greater > MAX_FACTOR ? -1 : 0.5f - magnitude * 4 * 0x1p-24f - greater * 8 * 0x1p-20f;
  }

  /** The output for two stored numbers. */
  int exact(int a, int b) {
    return sum.result(lefts[a & 0xff] + rights[b & 0xff]);
  }
}
