package dev.whittle.ir.op;

import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Quantization;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;

/** The reference kernels of {@link Softmax} and {@link LogSoftmax}. */
final class SoftmaxKernels {
  private SoftmaxKernels() {}

  private static int rowLength(Tensor in) {
    if (in.rank() == 0) {
      throw OperandException.invalid("a scalar has no axis to normalize");
    }
    return in.dim(in.rank() - 1);
  }

  private static float max(Tensor in, long first, int length) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < length; i++) {
      max = Math.max(max, in.getFloat(first + i));
    }
    return max;
  }

  static Kernel floats(float beta) {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      int length = rowLength(in);
      for (long first = 0; length > 0 && first < in.elements(); first += length) {
        float max = max(in, first, length);
        float sum = 0;
        for (int i = 0; i < length; i++) {
          float e = (float) Math.exp((in.getFloat(first + i) - max) * beta);
          out.setFloat(first + i, e);
          sum += e;
        }
        for (int i = 0; i < length; i++) {
          out.setFloat(first + i, out.getFloat(first + i) / sum);
        }
      }
    };
  }

  static Kernel logarithms() {
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor out = invocation.output(0);
      int length = rowLength(in);
      for (long first = 0; length > 0 && first < in.elements(); first += length) {
        float max = max(in, first, length);
        float sum = 0;
        for (int i = 0; i < length; i++) {
          sum += (float) Math.exp(in.getFloat(first + i) - max);
        }
        float log = (float) Math.log(sum);
        for (int i = 0; i < length; i++) {
          out.setFloat(first + i, in.getFloat(first + i) - max - log);
        }
      }
    };
  }

  /**
   * 8-bit operands: exponentials from a table by distance from the greatest element, as the
   * optimized built-in kernel has it; output in steps of 1/256.
   */
  static Kernel quantized(Operands operands, float beta) {
    Quantization in = operands.input(0).requireQuantization();
    Quantization out = operands.output(0).requireQuantization();
    float[] table = new float[256];
    float scale = -in.scaleValue() * beta;
    for (int distance = 0; distance < table.length; distance++) {
      table[distance] = (float) Math.exp(scale * distance);
    }
    Activation.Bounds bounds = Activation.Bounds.of(operands.output(0).type());
    int outZero = out.zeroPointValue();
    float outScale = out.scaleValue();
    return invocation ->
        runQuantized(invocation.input(0), invocation.output(0), table, bounds, outScale, outZero);
  }

  private static void runQuantized(
      Tensor in, Tensor out, float[] table, Activation.Bounds bounds, float outScale, int outZero) {
    int length = rowLength(in);
    for (long first = 0; length > 0 && first < in.elements(); first += length) {
      long max = Long.MIN_VALUE;
      for (int i = 0; i < length; i++) {
        max = Math.max(max, in.getInteger(first + i));
      }
      float sum = 0;
      for (int i = 0; i < length; i++) {
        sum += table[(int) (max - in.getInteger(first + i))];
      }
      float inverse = 1 / (sum * outScale);
      for (int i = 0; i < length; i++) {
        float probability = table[(int) (max - in.getInteger(first + i))] * inverse;
        // To the nearest, ties to even, as the built-in kernel's conversion rounds.
        int stored = (int) Math.rint(probability) + outZero;
        out.setInteger(first + i, FixedPoint.clamp(stored, bounds.low(), bounds.high()));
      }
    }
  }

  /** 8-bit operands of {@link LogSoftmax}: a sum of exponentials from a table, then floats. */
  static Kernel quantizedLogarithms(Operands operands) {
    float in = operands.input(0).requireQuantization().scaleValue();
    Quantization out = operands.output(0).requireQuantization();
    float[] table = new float[256];
    for (int distance = 0; distance < table.length; distance++) {
      table[distance] = (float) Math.exp(-in * distance);
    }
    Activation.Bounds bounds = Activation.Bounds.of(operands.output(0).type());
    float outScale = out.scaleValue();
    int zero = out.zeroPointValue();
    return invocation -> {
      Tensor x = invocation.input(0);
      Tensor y = invocation.output(0);
      int length = rowLength(x);
      for (long first = 0; length > 0 && first < x.elements(); first += length) {
        long max = Long.MIN_VALUE;
        for (int i = 0; i < length; i++) {
          max = Math.max(max, x.getInteger(first + i));
        }
        float sum = 0;
        for (int i = 0; i < length; i++) {
          sum += table[(int) (max - x.getInteger(first + i))];
        }
        float scale = in / outScale;
        float offset = (in * max + (float) Math.log(sum)) / outScale;
        for (int i = 0; i < length; i++) {
          int stored = (int) Math.rint(scale * x.getInteger(first + i) - offset) + zero;
          y.setInteger(first + i, bounds.clamp(stored));
        }
      }
    };
  }
}
