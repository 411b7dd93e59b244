package dev.whittle.ir.op.activation;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;

/** Reference kernels of {@link Softmax} and {@link LogSoftmax}. */
final class SoftmaxKernels {
  private SoftmaxKernels() {}

  static int rowLength(Tensor in) {
    if (in.rank() == 0) {
      throw OperandException.invalid("input is a scalar; expected at least 1 dimension");
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

  /** Returns {@code e^(-scale * d)} for each distance d of two 8-bit numbers. */
  private static float[] exponentials(float scale) {
    float[] table = new float[256];
    for (int distance = 0; distance < table.length; distance++) {
      table[distance] = (float) Math.exp(-scale * distance);
    }
    return table;
  }

  /**
   * Returns {@code e^(-beta * scale * d)} for each distance d of an 8-bit input from the maximum.
   */
  static float[] exponentials(Operands operands, float beta) {
    return exponentials(operands.input(0).requireQuantization().scaleValue() * beta);
  }

  static long maxInteger(Tensor in, long first, int length) {
    long max = Long.MIN_VALUE;
    for (int i = 0; i < length; i++) {
      max = Math.max(max, in.getInteger(first + i));
    }
    return max;
  }

  private static float sum(Tensor in, long first, int length, long max, float[] table) {
    float sum = 0;
    for (int i = 0; i < length; i++) {
      sum += table[(int) (max - in.getInteger(first + i))];
    }
    return sum;
  }

  /**
   * Returns the kernel of 8-bit {@link Softmax}, with a table of exponentials by the distance from
   * the maximum, as the optimized built-in kernel. The scale of the output is 1/256.
   */
  static Kernel quantized(Operands operands, float beta) {
    Quantization out = operands.output(0).requireQuantization();
    float[] table = exponentials(operands, beta);
    Activation.Bounds bounds = Activation.Bounds.of(operands.output(0).type());
    int zero = out.zeroPointValue();
    float outScale = out.scaleValue();
    return invocation -> {
      Tensor x = invocation.input(0);
      Tensor y = invocation.output(0);
      int length = rowLength(x);
      for (long first = 0; length > 0 && first < x.elements(); first += length) {
        long max = maxInteger(x, first, length);
        float inverse = 1 / (sum(x, first, length, max, table) * outScale);
        for (int i = 0; i < length; i++) {
          float probability = table[(int) (max - x.getInteger(first + i))] * inverse;
          // The built-in kernel rounds ties to even.
          y.setInteger(first + i, bounds.clamp((int) Math.rint(probability) + zero));
        }
      }
    };
  }

  /** Returns the kernel of 8-bit {@link LogSoftmax}, with a table of exponentials. */
  static Kernel quantizedLogarithms(Operands operands) {
    Quantization out = operands.output(0).requireQuantization();
    float in = operands.input(0).requireQuantization().scaleValue();
    float[] table = exponentials(in);
    Activation.Bounds bounds = Activation.Bounds.of(operands.output(0).type());
    int zero = out.zeroPointValue();
    float outScale = out.scaleValue();
    return invocation -> {
      Tensor x = invocation.input(0);
      Tensor y = invocation.output(0);
      int length = rowLength(x);
      for (long first = 0; length > 0 && first < x.elements(); first += length) {
        long max = maxInteger(x, first, length);
        float logarithm = (float) Math.log(sum(x, first, length, max, table));
        float scale = in / outScale;
        float offset = (in * max + logarithm) / outScale;
        for (int i = 0; i < length; i++) {
          int stored = (int) Math.rint(scale * x.getInteger(first + i) - offset) + zero;
          y.setInteger(first + i, bounds.clamp(stored));
        }
      }
    };
  }
}
