package dev.whittle.ir.op.common;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.FixedPoint.Multiplier;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;

/**
 * Functions of single quantized elements in integer arithmetic, step by step as the built-in
 * kernels compute them (quantization notes, section b).
 */
public final class QuantizedFunctions {
  private QuantizedFunctions() {}

  public static Kernel abs(Operands operands) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    var multiplier = Multiplier.of((double) (in.scaleValue() / out.scaleValue()));
    boolean rescale = in.scaleValue() != out.scaleValue();
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.integers(
        (ElementwiseKernels.LongUnary)
            q -> {
              int x = Math.abs((int) q - in.zeroPointValue());
              int y = rescale ? multiplier.apply(x) : x;
              return bounds.clamp(y + out.zeroPointValue());
            });
  }

  /** One over the root; numbers must not be negative, and zero gives the greatest result. */
  public static Kernel inverseRoot(Operands operands) {
    int shift = 20;
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    var scale = Multiplier.of(1 / (double) ((float) Math.sqrt(in.scaleValue()) * out.scaleValue()));
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.integers(
        (ElementwiseKernels.LongUnary)
            q -> {
              int x = (int) q - in.zeroPointValue();
              if (x < 0) {
                throw OperandException.invalid("the root of a negative number");
              }
              if (x == 0) {
                return bounds.high();
              }
              int[] inverse = L2Kernels.inverseRoot(x);
              int data = FixedPoint.multiply(1, inverse[0], inverse[1] + shift);
              int y = FixedPoint.multiply(data, scale.mantissa(), scale.exponent() - shift);
              return bounds.clamp(y + out.zeroPointValue());
            });
  }

  public static Kernel leakyRelu(Operands operands, float alpha) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    var identity = Multiplier.of((double) (in.scaleValue() / out.scaleValue()));
    float slope = in.scaleValue() * alpha / out.scaleValue();
    var magnitude = Multiplier.of(Math.abs((double) slope));
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.integers(
        (ElementwiseKernels.LongUnary)
            q -> {
              int x = (int) q - in.zeroPointValue();
              int y =
                  x >= 0
                      ? identity.apply(x)
                      : FixedPoint.multiply(
                          x,
                          slope < 0 ? -magnitude.mantissa() : magnitude.mantissa(),
                          magnitude.exponent());
              return bounds.clamp(y + out.zeroPointValue());
            });
  }

  public static Kernel prelu(Operands operands) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization alpha = operands.input(1).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    var identity = Multiplier.of((double) (in.scaleValue() / out.scaleValue()));
    var slope = Multiplier.of((double) (in.scaleValue() * alpha.scaleValue() / out.scaleValue()));
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.integers(
        (q, a) -> {
          int x = (int) q - in.zeroPointValue();
          int y = x >= 0 ? identity.apply(x) : slope.apply(x * ((int) a - alpha.zeroPointValue()));
          return bounds.clamp(y + out.zeroPointValue());
        });
  }

  public static Kernel squaredDifference(Operands operands) {
    int shift = 7;
    Quantization a = operands.input(0).requireQuantization();
    Quantization b = operands.input(1).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    double twice = 2.0 * Math.max(a.scaleValue(), b.scaleValue());
    var left = Multiplier.of(a.scaleValue() / twice);
    var right = Multiplier.of(b.scaleValue() / twice);
    var result = Multiplier.of(twice * twice / ((1 << (2 * shift)) * (double) out.scaleValue()));
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.integers(
        (x, y) -> {
          int p = left.apply(((int) x - a.zeroPointValue()) << shift);
          int q = right.apply(((int) y - b.zeroPointValue()) << shift);
          int difference = p - q;
          return bounds.clamp(result.apply(difference * difference) + out.zeroPointValue());
        });
  }

  public static Kernel quotient(Operands operands, Activation activation) {
    Quantization a = operands.input(0).requireQuantization();
    Quantization b = operands.input(1).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    var multiplier = Multiplier.of((double) (a.scaleValue() / (b.scaleValue() * out.scaleValue())));
    Activation.Bounds bounds = activation.quantizedBounds(operands.type(0), out);
    return ElementwiseKernels.integers(
        (x, y) -> {
          int dividend = (int) x - a.zeroPointValue();
          int divisor = (int) y - b.zeroPointValue();
          if (divisor == 0) {
            throw OperandException.invalid("division by a quantized zero");
          }
          if (divisor < 0) {
            dividend = -dividend;
            divisor = -divisor;
          }
          // 1 / divisor = reciprocal * 2^(-31 - digits), the reciprocal in [1/2, 1).
          int leading = Integer.numberOfLeadingZeros(divisor);
          int digits = 31 - leading;
          int reciprocal = inverseOnePlus((divisor << leading) - (1 << 31));
          int headroom = signBits(dividend);
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

  /** How far {@code x} can be shifted left without losing its sign. */
  private static int signBits(int x) {
    if (x == 0) {
      return 31;
    }
    return (x < 0 ? Integer.numberOfLeadingZeros(~x) : Integer.numberOfLeadingZeros(x)) - 1;
  }

  /**
   * {@code 1 / (1 + x)} for a fraction of 31 bits, by three steps of Newton's method as in
   * gemmlowp.
   */
  static int inverseOnePlus(int x) {
    int halfDenominator = (int) (((long) x + Integer.MAX_VALUE + 1) / 2);
    // 48/17 and -32/17 with 2 integer bits.
    int y =
        1515870810
            + FixedPoint.saturatingRoundingDoublingHighMultiply(halfDenominator, -1010580540);
    for (int i = 0; i < 3; i++) {
      int product = FixedPoint.saturatingRoundingDoublingHighMultiply(halfDenominator, y);
      int rest = (1 << 29) - product;
      long step = (long) FixedPoint.saturatingRoundingDoublingHighMultiply(y, rest) << 2;
      y += (int) Math.min(Math.max(step, Integer.MIN_VALUE), Integer.MAX_VALUE);
    }
    long doubled = (long) y << 1;
    return (int) Math.min(doubled, Integer.MAX_VALUE);
  }

  /** {@code x * relu6(x + 3) / 6} in 16 bits. */
  public static Kernel hardSwish(Operands operands) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    float fine = (1.0f / 128.0f) * in.scaleValue();
    var toOutput = Multiplier.of((double) (fine / out.scaleValue()));
    var toRelu = Multiplier.of((double) (fine / (3.0f / 32768.0f)));
    int outputFactor = narrow(toOutput.mantissa());
    int reluFactor = narrow(toRelu.mantissa());
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.integers(
        (ElementwiseKernels.LongUnary)
            q -> {
              int x = (short) (((int) q - in.zeroPointValue()) << 7);
              int scaled = high16(x, outputFactor);
              int relu = x;
              if (toRelu.exponent() > 0) {
                relu = saturated16((long) relu << (toRelu.exponent() - 1));
              }
              relu = high16(relu, reluFactor);
              if (toRelu.exponent() > 0) {
                relu = saturated16((long) relu << 1);
              }
              if (toRelu.exponent() < 0) {
                relu = FixedPoint.roundingDivideByPowerOfTwo(relu, -toRelu.exponent());
              }
              relu = (relu + (1 << 15)) >> 1;
              // This product is cut off, not rounded.
              int product = saturated16((long) relu * scaled / (1 << 15));
              int y = FixedPoint.roundingDivideByPowerOfTwo(product, -toOutput.exponent());
              return bounds.clamp(y + out.zeroPointValue());
            });
  }

  private static int narrow(int mantissa) {
    return mantissa >= Integer.MAX_VALUE - (1 << 15)
        ? Short.MAX_VALUE
        : (mantissa + (1 << 15)) >> 16;
  }

  private static int saturated16(long x) {
    return (int) Math.min(Math.max(x, Short.MIN_VALUE), Short.MAX_VALUE);
  }

  private static int high16(int a, int b) {
    if (a == Short.MIN_VALUE && b == Short.MIN_VALUE) {
      return Short.MAX_VALUE;
    }
    int product = a * b;
    int nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
    return (product + nudge) / (1 << 15);
  }
}
