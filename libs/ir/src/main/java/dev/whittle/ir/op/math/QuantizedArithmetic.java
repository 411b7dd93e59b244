package dev.whittle.ir.op.math;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;

/**
 * Reference kernels of arithmetic on quantized operands in integers, step by step as the built-in
 * kernels of TensorFlow Lite compute it.
 */
final class QuantizedArithmetic {
  private QuantizedArithmetic() {}

  /**
   * Returns the kernel of {@code a + sign * b} of 8-bit or 16-bit operands.
   *
   * @param sign 1 or -1
   */
  static Kernel addition(Operands operands, Activation activation, int sign) {
    var sum = new QuantizedAdd(operands, activation, sign);
    return ElementwiseKernels.binaryIntegers(
        (x, y) -> sum.result(sum.left((int) x) + sum.right((int) y)));
  }

  /**
   * Returns the kernel of {@code a + sign * b} of 16-bit operands whose scales are powers of two.
   * One has the scale of the output; the other may have a smaller scale and is shifted to it.
   *
   * @param sign 1 or -1
   */
  static Kernel shiftedAddition(Operands operands, Activation activation, int sign) {
    Quantization out = operands.output(0).requireQuantization();
    int exponent = Math.getExponent(out.scaleValue());
    int left = exponent - Math.getExponent(operands.input(0).requireQuantization().scaleValue());
    int right = exponent - Math.getExponent(operands.input(1).requireQuantization().scaleValue());
    if (left < 0 || right < 0 || (left != 0 && right != 0)) {
      throw OperandException.unsupported(
          "16-bit operands whose scales are powers of two; expected one with the output's scale");
    }
    Activation.Bounds bounds = activation.quantizedBounds(operands.output(0).type(), out);
    return ElementwiseKernels.binaryIntegers(
        (x, y) -> {
          int p = FixedPoint.roundingDivideByPowerOfTwo((int) x, left);
          int q = FixedPoint.roundingDivideByPowerOfTwo((int) y, right);
          return bounds.clamp(FixedPoint.clamp(p + sign * q, Short.MIN_VALUE, Short.MAX_VALUE));
        });
  }

  /** Returns the requantization of products of two stored numbers less their zero points. */
  static Requantization productRequantization(Operands operands, Activation activation) {
    Quantization out = operands.output(0).requireQuantization();
    float left = operands.input(0).requireQuantization().scaleValue();
    float right = operands.input(1).requireQuantization().scaleValue();
    // The built-in kernels multiply the scales in single precision.
    float scale = left * right / out.scaleValue();
    return new Requantization(
        new FixedPoint.Multiplier[] {FixedPoint.Multiplier.of(scale)},
        false,
        out,
        activation.quantizedBounds(operands.output(0).type(), out));
  }

  /** Returns the kernel of {@code a * b} of 8-bit or 16-bit operands. */
  static Kernel multiplication(Operands operands, Activation activation) {
    int leftZero = operands.input(0).requireQuantization().zeroPointValue();
    int rightZero = operands.input(1).requireQuantization().zeroPointValue();
    Requantization requantization = productRequantization(operands, activation);
    return ElementwiseKernels.binaryIntegers(
        (x, y) -> requantization.apply(((int) x - leftZero) * ((int) y - rightZero), 0));
  }

  /** Returns the kernel of {@code |x|}. */
  static Kernel abs(Operands operands) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    var multiplier = FixedPoint.Multiplier.of((double) (in.scaleValue() / out.scaleValue()));
    boolean requantizes = in.scaleValue() != out.scaleValue();
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.unaryIntegers(
        q -> {
          int x = Math.abs((int) q - in.zeroPointValue());
          int y = requantizes ? multiplier.apply(x) : x;
          return bounds.clamp(y + out.zeroPointValue());
        });
  }

  /**
   * Returns the kernel of {@code 1 / sqrt(x)}. It refuses negative inputs; the result for zero is
   * the largest output.
   */
  static Kernel inverseSquareRoot(Operands operands) {
    int shift = 20;
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    var scale =
        FixedPoint.Multiplier.of(
            1 / (double) ((float) Math.sqrt(in.scaleValue()) * out.scaleValue()));
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.unaryIntegers(
        q -> {
          int x = (int) q - in.zeroPointValue();
          if (x < 0) {
            throw OperandException.invalid("inverse square root of a negative number");
          }
          if (x == 0) {
            return bounds.high();
          }
          FixedPoint.Multiplier inverse = FixedPoint.Multiplier.ofInverseSquareRoot(x);
          int data = FixedPoint.multiply(1, inverse.mantissa(), inverse.exponent() + shift);
          int y = FixedPoint.multiply(data, scale.mantissa(), scale.exponent() - shift);
          return bounds.clamp(y + out.zeroPointValue());
        });
  }

  /**
   * Returns the kernel of the square root, which is rounded toward zero. It refuses negative
   * inputs.
   */
  static Kernel squareRoot(Operands operands) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.unaryIntegers(
        q -> {
          float x = in.scaleValue() * (q - in.zeroPointValue());
          if (x < 0) {
            throw OperandException.invalid("square root of a negative number");
          }
          int steps = (int) ((float) Math.sqrt(x) / out.scaleValue());
          return bounds.clamp(Math.min(steps, Short.MAX_VALUE) + out.zeroPointValue());
        });
  }

  /** Returns the kernel of {@code (a - b)^2}. */
  static Kernel squaredDifference(Operands operands) {
    int shift = 7;
    Quantization a = operands.input(0).requireQuantization();
    Quantization b = operands.input(1).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    double commonScale = 2.0 * Math.max(a.scaleValue(), b.scaleValue());
    var left = FixedPoint.Multiplier.of(a.scaleValue() / commonScale);
    var right = FixedPoint.Multiplier.of(b.scaleValue() / commonScale);
    var result =
        FixedPoint.Multiplier.of(
            commonScale * commonScale / ((1 << (2 * shift)) * (double) out.scaleValue()));
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.binaryIntegers(
        (x, y) -> {
          int p = left.apply(((int) x - a.zeroPointValue()) << shift);
          int q = right.apply(((int) y - b.zeroPointValue()) << shift);
          int difference = p - q;
          return bounds.clamp(result.apply(difference * difference) + out.zeroPointValue());
        });
  }

  /** Returns the kernel of {@code a / b}, which refuses a divisor of zero. */
  static Kernel division(Operands operands, Activation activation) {
    Quantization a = operands.input(0).requireQuantization();
    Quantization b = operands.input(1).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    var multiplier =
        FixedPoint.Multiplier.of((double) (a.scaleValue() / (b.scaleValue() * out.scaleValue())));
    Activation.Bounds bounds = activation.quantizedBounds(operands.type(0), out);
    return ElementwiseKernels.binaryIntegers(
        (x, y) -> {
          int dividend = (int) x - a.zeroPointValue();
          int divisor = (int) y - b.zeroPointValue();
          if (divisor == 0) {
            throw OperandException.invalid("quantized division by zero");
          }
          if (divisor < 0) {
            dividend = -dividend;
            divisor = -divisor;
          }
          // 1 / divisor = reciprocal * 2^(-31 - digits), the reciprocal in [1/2, 1).
          int leading = Integer.numberOfLeadingZeros(divisor);
          int digits = 31 - leading;
          int reciprocal = reciprocalOfOnePlus((divisor << leading) - (1 << 31));
          int headroom = headroom(dividend);
          int unscaled =
              FixedPoint.saturatingRoundingDoublingHighMultiply(dividend << headroom, reciprocal);
          int quotient =
              FixedPoint.roundingDivideByPowerOfTwo(
                  FixedPoint.saturatingRoundingDoublingHighMultiply(
                      unscaled, multiplier.mantissa()),
                  Math.min(31, digits + headroom - multiplier.exponent()));
          return bounds.clamp(quotient + out.zeroPointValue());
        });
  }

  /** Returns the number of bits by which {@code x} can be shifted left without a change of sign. */
  private static int headroom(int x) {
    if (x == 0) {
      return 31;
    }
    return (x < 0 ? Integer.numberOfLeadingZeros(~x) : Integer.numberOfLeadingZeros(x)) - 1;
  }

  /**
   * Returns {@code 1 / (1 + x)} for {@code x} in {@code [0, 1)} with no integer bits, by three
   * steps of Newton's method, as {@code one_over_one_plus_x_for_x_in_0_1} of gemmlowp.
   */
  private static int reciprocalOfOnePlus(int x) {
    int halfDenominator = (int) (((long) x + Integer.MAX_VALUE + 1) / 2);
    // The first estimate, 48/17 - 32/17 * (1 + x) / 2, with 2 integer bits.
    int y =
        1515870810
            + FixedPoint.saturatingRoundingDoublingHighMultiply(halfDenominator, -1010580540);
    for (int i = 0; i < 3; i++) {
      int product = FixedPoint.saturatingRoundingDoublingHighMultiply(halfDenominator, y);
      int error = (1 << 29) - product;
      long step = (long) FixedPoint.saturatingRoundingDoublingHighMultiply(y, error) << 2;
      y += (int) Math.min(Math.max(step, Integer.MIN_VALUE), Integer.MAX_VALUE);
    }
    long doubled = (long) y << 1;
    return (int) Math.min(doubled, Integer.MAX_VALUE);
  }
}
