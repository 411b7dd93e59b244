package dev.whittle.ir.op.math;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Activation;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.Requantization;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;

/** Sums and products of quantized operands (quantization notes, section b). */
final class QuantizedArithmetic {
  private QuantizedArithmetic() {}

  /**
   * {@code a + sign * b} of 8-bit or 16-bit operands.
   *
   * @param sign 1 or -1
   */
  static Kernel sum(Operands operands, Activation activation, int sign) {
    var sum = new QuantizedAdd(operands, activation, sign);
    return ElementwiseKernels.integers(
        (x, y) -> sum.result(sum.left((int) x) + sum.right((int) y)));
  }

  /**
   * {@code a + sign * b} of 16-bit operands of which one has the scale of the result, and the other
   * a finer one, by which it is shifted.
   *
   * @param sign 1 or -1
   */
  static Kernel shiftedSum(Operands operands, Activation activation, int sign) {
    Quantization out = operands.output(0).requireQuantization();
    int exponent = Math.getExponent(out.scaleValue());
    int left = exponent - Math.getExponent(operands.input(0).requireQuantization().scaleValue());
    int right = exponent - Math.getExponent(operands.input(1).requireQuantization().scaleValue());
    if (left < 0 || right < 0 || (left != 0 && right != 0)) {
      throw OperandException.unsupported(
          "16-bit operands with scales that are powers of two, neither the result's");
    }
    Activation.Bounds bounds = activation.quantizedBounds(operands.output(0).type(), out);
    return ElementwiseKernels.integers(
        (x, y) -> {
          int p = FixedPoint.roundingDivideByPowerOfTwo((int) x, left);
          int q = FixedPoint.roundingDivideByPowerOfTwo((int) y, right);
          return bounds.clamp(FixedPoint.clamp(p + sign * q, Short.MIN_VALUE, Short.MAX_VALUE));
        });
  }

  /** How products of two stored numbers, less their zero points, become outputs. */
  static Requantization productRequantization(Operands operands, Activation activation) {
    Quantization out = operands.output(0).requireQuantization();
    float left = operands.input(0).requireQuantization().scaleValue();
    float right = operands.input(1).requireQuantization().scaleValue();
    // In single precision, as the built-in kernels compute it.
    float scale = left * right / out.scaleValue();
    return new Requantization(
        new FixedPoint.Multiplier[] {FixedPoint.Multiplier.of(scale)},
        false,
        out,
        activation.quantizedBounds(operands.output(0).type(), out));
  }

  /** {@code a * b} of 8-bit or 16-bit operands. */
  static Kernel product(Operands operands, Activation activation) {
    int leftZero = operands.input(0).requireQuantization().zeroPointValue();
    int rightZero = operands.input(1).requireQuantization().zeroPointValue();
    Requantization requantization = productRequantization(operands, activation);
    return ElementwiseKernels.integers(
        (x, y) -> requantization.apply(((int) x - leftZero) * ((int) y - rightZero), 0));
  }
}
