package dev.whittle.ir.op.activation;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.FixedPoint.Multiplier;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.tensor.Quantization;

/**
 * Reference kernels of quantized activation functions in integer arithmetic, step by step as the
 * built-in kernels of TensorFlow Lite compute them.
 */
final class QuantizedActivations {
  private QuantizedActivations() {}

  /** Returns the kernel of {@link LeakyRelu}. */
  static Kernel leakyRelu(Operands operands, float alpha) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    var identity = Multiplier.of((double) (in.scaleValue() / out.scaleValue()));
    float slope = in.scaleValue() * alpha / out.scaleValue();
    var magnitude = Multiplier.of(Math.abs((double) slope));
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.unaryIntegers(
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

  /** Returns the kernel of {@link Prelu}. */
  static Kernel prelu(Operands operands) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization alpha = operands.input(1).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    var identity = Multiplier.of((double) (in.scaleValue() / out.scaleValue()));
    var slope = Multiplier.of((double) (in.scaleValue() * alpha.scaleValue() / out.scaleValue()));
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.binaryIntegers(
        (q, a) -> {
          int x = (int) q - in.zeroPointValue();
          int y = x >= 0 ? identity.apply(x) : slope.apply(x * ((int) a - alpha.zeroPointValue()));
          return bounds.clamp(y + out.zeroPointValue());
        });
  }

  /** Returns the kernel of {@code x * relu6(x + 3) / 6}, computed in 16 bits. */
  static Kernel hardSwish(Operands operands) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    float inputScale = (1.0f / 128.0f) * in.scaleValue();
    var toOutput = Multiplier.of((double) (inputScale / out.scaleValue()));
    var toRelu = Multiplier.of((double) (inputScale / (3.0f / 32768.0f)));
    int outputFactor = to16Bits(toOutput.mantissa());
    int reluFactor = to16Bits(toRelu.mantissa());
    Activation.Bounds bounds = Activation.Bounds.of(operands.type(0));
    return ElementwiseKernels.unaryIntegers(
        q -> {
          int x = (short) (((int) q - in.zeroPointValue()) << 7);
          int scaled = multiplyHigh16(x, outputFactor);
          int relu = x;
          if (toRelu.exponent() > 0) {
            relu = saturate16((long) relu << (toRelu.exponent() - 1));
          }
          relu = multiplyHigh16(relu, reluFactor);
          if (toRelu.exponent() > 0) {
            relu = saturate16((long) relu << 1);
          }
          if (toRelu.exponent() < 0) {
            relu = FixedPoint.roundingDivideByPowerOfTwo(relu, -toRelu.exponent());
          }
          relu = (relu + (1 << 15)) >> 1;
          // The built-in kernel truncates this product.
          int product = saturate16((long) relu * scaled / (1 << 15));
          int y = FixedPoint.roundingDivideByPowerOfTwo(product, -toOutput.exponent());
          return bounds.clamp(y + out.zeroPointValue());
        });
  }

  /** Returns the high 16 bits of a mantissa of 32 bits, rounded and saturated. */
  private static int to16Bits(int mantissa) {
    return mantissa >= Integer.MAX_VALUE - (1 << 15)
        ? Short.MAX_VALUE
        : (mantissa + (1 << 15)) >> 16;
  }

  private static int saturate16(long x) {
    return (int) Math.min(Math.max(x, Short.MIN_VALUE), Short.MAX_VALUE);
  }

  /** Returns the high 16 bits of {@code 2ab}, rounded to nearest, as gemmlowp. */
  private static int multiplyHigh16(int a, int b) {
    if (a == Short.MIN_VALUE && b == Short.MIN_VALUE) {
      return Short.MAX_VALUE;
    }
    int product = a * b;
    int nudge = product >= 0 ? 1 << 14 : 1 - (1 << 14);
    return (product + nudge) / (1 << 15);
  }
}
