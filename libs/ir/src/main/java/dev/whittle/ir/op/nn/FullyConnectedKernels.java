package dev.whittle.ir.op.nn;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Int16Requantization;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.op.common.RowQuantizer;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/** Reference kernels of {@link FullyConnected}: float, integer and hybrid. */
final class FullyConnectedKernels {
  private FullyConnectedKernels() {}

  private static @Nullable Tensor bias(Invocation invocation) {
    return invocation.hasInput(2) ? invocation.input(2) : null;
  }

  static Kernel floats(Activation activation) {
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor weights = invocation.input(1);
      Tensor bias = bias(invocation);
      Tensor output = invocation.output(0);
      int out = weights.dim(0);
      int in = weights.dim(1);
      long rows = out == 0 ? 0 : output.elements() / out;
      for (long row = 0; row < rows; row++) {
        for (int o = 0; o < out; o++) {
          float sum = 0;
          long x = row * in;
          long w = (long) o * in;
          for (int i = 0; i < in; i++) {
            sum += input.getFloat(x + i) * weights.getFloat(w + i);
          }
          sum += bias == null ? 0 : bias.getFloat(o);
          output.setFloat(row * out + o, activation.apply(sum));
        }
      }
    };
  }

  /**
   * Returns the requantization of 8-bit inputs with the multipliers of the optimized built-in
   * kernels, which multiply the scales of per-tensor weights in single precision.
   */
  static Requantization requantization(Operands operands, Activation activation) {
    Quantization input = operands.input(0).requireQuantization();
    Quantization output = operands.output(0).requireQuantization();
    float[] scales = operands.input(1).requireQuantization().scales();
    var multipliers = new FixedPoint.Multiplier[scales.length];
    for (int c = 0; c < scales.length; c++) {
      double product =
          scales.length == 1
              ? (double) (input.scaleValue() * scales[c])
              : (double) input.scaleValue() * (double) scales[c];
      multipliers[c] = FixedPoint.Multiplier.of(product / output.scaleValue());
    }
    Activation.Bounds bounds = activation.quantizedBounds(operands.output(0).type(), output);
    return new Requantization(multipliers, true, output, bounds);
  }

  /** Returns the kernel of 8-bit input, weights and output, and 32-bit bias. */
  static Kernel quantized(Operands operands, Activation activation) {
    Requantization requantization = requantization(operands, activation);
    Quantization weights = operands.input(1).requireQuantization();
    int inputZero = operands.input(0).requireQuantization().zeroPointValue();
    int weightsZero = weights.isPerAxis() ? 0 : weights.zeroPointValue();
    return invocation -> runQuantized(invocation, inputZero, weightsZero, requantization);
  }

  private static void runQuantized(
      Invocation invocation, int inputZero, int weightsZero, Requantization requantization) {
    Tensor input = invocation.input(0);
    Tensor weights = invocation.input(1);
    Tensor bias = bias(invocation);
    Tensor output = invocation.output(0);
    boolean isUnsigned = input.type() == TensorType.UINT8;
    int out = weights.dim(0);
    int in = weights.dim(1);
    long rows = out == 0 ? 0 : output.elements() / out;
    for (long row = 0; row < rows; row++) {
      for (int o = 0; o < out; o++) {
        int sum = bias == null ? 0 : bias.getInt(o);
        long x = row * in;
        long w = (long) o * in;
        for (int i = 0; i < in; i++) {
          int product =
              isUnsigned
                  ? ((input.getByte(x + i) & 0xff) - inputZero)
                      * ((weights.getByte(w + i) & 0xff) - weightsZero)
                  : (input.getByte(x + i) - inputZero) * (weights.getByte(w + i) - weightsZero);
          sum += product;
        }
        output.setInteger(row * out + o, requantization.apply(sum, o));
      }
    }
  }

  /** Returns the requantization of 16-bit inputs, in double precision as the built-in kernel. */
  static Int16Requantization int16Requantization(Operands operands, Activation activation) {
    Quantization input = operands.input(0).requireQuantization();
    Quantization result = operands.output(0).requireQuantization();
    float[] scales = operands.input(1).requireQuantization().scales();
    Activation.Bounds bounds = activation.quantizedBounds(operands.output(0).type(), result);
    boolean narrowBias = !operands.hasInput(2) || operands.type(2) == TensorType.INT32;
    if (narrowBias && scales.length == 1) {
      // These sums have 32 bits.
      var multiplier =
          FixedPoint.Multiplier.of((double) (input.scaleValue() * scales[0]) / result.scaleValue());
      return (sum, o) -> bounds.clamp(multiplier.applyTiesUp((int) sum));
    }
    double[] factors = new double[scales.length];
    for (int c = 0; c < scales.length; c++) {
      factors[c] = (double) input.scaleValue() * scales[c] / result.scaleValue();
    }
    return (sum, o) -> {
      double scaled = FixedPoint.roundHalfAway(sum * factors[factors.length == 1 ? 0 : o]);
      return (int) Math.min(Math.max(scaled, bounds.low()), bounds.high());
    };
  }

  /** Returns the kernel of 16-bit input and output, 8-bit weights and 64-bit accumulators. */
  static Kernel int16(Operands operands, Activation activation) {
    Int16Requantization requantization = int16Requantization(operands, activation);
    return invocation -> {
      Tensor in = invocation.input(0);
      Tensor weights = invocation.input(1);
      Tensor bias = bias(invocation);
      Tensor output = invocation.output(0);
      int out = weights.dim(0);
      int depth = weights.dim(1);
      for (long i = 0; i < output.elements(); i++) {
        int o = (int) (i % out);
        long x = i / out * depth;
        long w = (long) o * depth;
        long sum = bias == null ? 0 : bias.getInteger(o);
        for (int k = 0; k < depth; k++) {
          sum += in.getInteger(x + k) * weights.getByte(w + k);
        }
        output.setInteger(i, requantization.apply(sum, o));
      }
    };
  }

  /**
   * The kernel of float input and output and 8-bit weights. Each row of the input is quantized
   * dynamically.
   */
  static final class Hybrid implements Kernel {
    private final float[] scales;
    private final Activation activation;
    private final boolean asymmetric;
    private final RowQuantizer rowQuantizer = new RowQuantizer();

    Hybrid(Quantization weights, Activation activation, boolean asymmetric) {
      this.scales = weights.scales();
      this.activation = activation;
      this.asymmetric = asymmetric;
    }

    @Override
    public void run(Invocation invocation) {
      Tensor weights = invocation.input(1);
      Tensor output = invocation.output(0);
      int out = weights.dim(0);
      int in = weights.dim(1);
      long rows = out == 0 ? 0 : output.elements() / out;
      for (long row = 0; row < rows; row++) {
        rowQuantizer.quantize(invocation.input(0), row * in, in, asymmetric);
        runRow(row, in, out, weights, bias(invocation), output);
      }
    }

    private void runRow(
        long row, int in, int out, Tensor weights, @Nullable Tensor bias, Tensor output) {
      byte[] quantized = rowQuantizer.values();
      for (int o = 0; o < out; o++) {
        int sum = 0;
        int weightSum = 0;
        long w = (long) o * in;
        for (int i = 0; i < in; i++) {
          int weight = weights.getByte(w + i);
          sum += weight * quantized[i];
          weightSum += weight;
        }
        sum -= rowQuantizer.zeroPoint() * weightSum;
        float scale = rowQuantizer.scale() * scales[scales.length == 1 ? 0 : o];
        float result = (bias == null ? 0 : bias.getFloat(o)) + sum * scale;
        output.setFloat(row * out + o, activation.apply(result));
      }
    }
  }
}
