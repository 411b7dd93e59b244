package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** Reference kernels of {@link Svdf}. */
final class SvdfKernels {
  private SvdfKernels() {}

  /**
   * Computes the layer in floats.
   *
   * @param invocation the operands
   * @param rank the number of filters of each unit
   * @param activation the fused activation
   * @param x the buffer for the input, quantized dynamically if weights have 8 bits
   */
  static void floats(Invocation invocation, int rank, Activation activation, VectorOperand x) {
    Tensor input = invocation.input(0);
    Tensor output = invocation.output(0);
    int filters = invocation.input(1).dim(0);
    int in = invocation.input(1).dim(1);
    int units = filters / rank;
    for (int b = 0; b < input.dim(0); b++) {
      x.load(input, (long) b * in, in);
      for (int u = 0; u < units; u++) {
        float sum = invocation.hasInput(3) ? invocation.input(3).getFloat(u) : 0;
        for (int f = u * rank; f < (u + 1) * rank; f++) {
          sum += filter(invocation, b, f, x);
        }
        output.setFloat((long) b * units + u, activation.apply(sum));
      }
    }
  }

  /** Shifts a filter's state, appends its present feature, and returns the sum over time. */
  private static float filter(Invocation invocation, int batch, int filter, VectorOperand x) {
    Tensor features = invocation.input(1);
    Tensor time = invocation.input(2);
    Tensor state = invocation.input(4);
    int memory = time.dim(1);
    float scale = time.type() == TensorType.FLOAT32 ? 1 : VectorOperand.scale(time);
    long first = ((long) batch * features.dim(0) + filter) * memory;
    for (int m = 1; m < memory; m++) {
      state.setFloat(first + m - 1, state.getFloat(first + m));
    }
    state.setFloat(first + memory - 1, x.accumulate(0, features, filter));
    float sum = 0;
    for (int m = 0; m < memory; m++) {
      float weight = (float) time.getReal((long) filter * memory + m) * scale;
      sum += weight * state.getFloat(first + m);
    }
    return sum;
  }

  /**
   * Returns the kernel of 8-bit input, feature weights and output, and 16-bit time weights and
   * state.
   */
  static Kernel integers(Operands operands, int rank) {
    IntegerSvdf scales = IntegerSvdf.of(operands);
    return invocation -> {
      int filters = invocation.input(1).dim(0);
      int units = filters / rank;
      for (int b = 0; b < invocation.input(0).dim(0); b++) {
        for (int u = 0; u < units; u++) {
          int sum = invocation.hasInput(3) ? invocation.input(3).getInt(u) : 0;
          for (int f = u * rank; f < (u + 1) * rank; f++) {
            sum += integerFilter(invocation, b, f, scales);
          }
          invocation.output(0).setByte((long) b * units + u, (byte) scales.output(sum));
        }
      }
    };
  }

  private static int integerFilter(
      Invocation invocation, int batch, int filter, IntegerSvdf scales) {
    Tensor input = invocation.input(0);
    Tensor features = invocation.input(1);
    Tensor time = invocation.input(2);
    Tensor state = invocation.input(4);
    int in = features.dim(1);
    int memory = time.dim(1);
    long first = ((long) batch * features.dim(0) + filter) * memory;
    for (int m = 1; m < memory; m++) {
      state.setInteger(first + m - 1, state.getInteger(first + m));
    }
    int feature = 0;
    for (int i = 0; i < in; i++) {
      feature +=
          features.getByte((long) filter * in + i)
              * (input.getByte((long) batch * in + i) - scales.inputZero());
    }
    state.setInteger(first + memory - 1, scales.stored(feature));
    int sum = 0;
    for (int m = 0; m < memory; m++) {
      sum += (int) time.getInteger((long) filter * memory + m) * (int) state.getInteger(first + m);
    }
    return sum;
  }
}
