package dev.whittle.ir.op.nn;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.op.common.RowQuantizer;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** Reference kernels of {@link TransposeConv}, which gather the products of each output element. */
final class TransposeConvKernels {
  private TransposeConvKernels() {}

  /** The sum of one output element after another. */
  private interface Accumulator {
    /** Adds the products of {@code count} adjacent elements. */
    void add(long input, long filter, int count);

    /** Stores the sum as output element {@code output} of {@code channel} and resets it. */
    void finish(long output, int channel);
  }

  private static void forEachOutput(
      Invocation invocation, Window vertical, Window horizontal, Accumulator sum) {
    Tensor filter = invocation.input(1);
    Tensor input = invocation.input(2);
    Tensor output = invocation.output(0);
    output.resize(Shapes.ofContents(invocation.input(0).toLongs()).toArray());
    int in = input.dim(3);
    if (filter.dim(3) != in || filter.dim(0) != output.dim(3)) {
      throw OperandException.invalid(
          "filter %s does not map input %s to output %s",
          filter.shape(), input.shape(), output.shape());
    }
    int top = vertical.paddingBefore(output.dim(1), filter.dim(1), input.dim(1));
    int left = horizontal.paddingBefore(output.dim(2), filter.dim(2), input.dim(2));
    long index = 0;
    for (int b = 0; b < output.dim(0); b++) {
      for (int y = 0; y < output.dim(1); y++) {
        for (int x = 0; x < output.dim(2); x++) {
          for (int c = 0; c < output.dim(3); c++, index++) {
            for (int ky = 0; ky < filter.dim(1); ky++) {
              int row = source(y + top - ky, vertical.stride(), input.dim(1));
              for (int kx = 0; row >= 0 && kx < filter.dim(2); kx++) {
                int column = source(x + left - kx, horizontal.stride(), input.dim(2));
                if (column >= 0) {
                  long pixel = ((long) b * input.dim(1) + row) * input.dim(2) + column;
                  long tap = ((long) c * filter.dim(1) + ky) * filter.dim(2) + kx;
                  sum.add(pixel * in, tap * in, in);
                }
              }
            }
            sum.finish(index, c);
          }
        }
      }
    }
  }

  /**
   * Returns the input position that a filter tap adds to an output position; -1 if there is none.
   *
   * @param position the output position less that of the tap
   * @param stride the stride of the convolution
   * @param dimension the size of the input
   */
  private static int source(int position, int stride, int dimension) {
    int source = position / stride;
    return position >= 0 && position % stride == 0 && source < dimension ? source : -1;
  }

  static Kernel of(Operands operands, Window vertical, Window horizontal, Activation activation) {
    activation.requireClamp();
    TensorType filter = operands.type(1);
    return switch (operands.type(2)) {
      case FLOAT32 -> {
        if (filter == TensorType.INT8) {
          yield hybrid(operands, vertical, horizontal, activation);
        }
        if (filter != TensorType.FLOAT32) {
          throw noKernel(operands);
        }
        yield invocation -> floats(invocation, vertical, horizontal, activation);
      }
      case INT8, UINT8 -> {
        if (filter != operands.type(2)) {
          throw noKernel(operands);
        }
        yield integers(operands, vertical, horizontal, activation);
      }
      case INT16 -> {
        if (filter != TensorType.INT8) {
          throw noKernel(operands);
        }
        yield integers(operands, vertical, horizontal, activation);
      }
      default -> throw noKernel(operands);
    };
  }

  private static OperandException noKernel(Operands operands) {
    return OperandException.unsupported(
        "no kernel for %s input and %s filter", operands.type(2), operands.type(1));
  }

  static Requantization requantization(Operands operands, Activation activation) {
    Quantization result = operands.output(0).requireQuantization();
    return new Requantization(
        ConvolutionKernels.multipliers(operands, operands.input(2)),
        false,
        result,
        activation.quantizedBounds(operands.output(0).type(), result));
  }

  private static void floats(
      Invocation invocation, Window vertical, Window horizontal, Activation activation) {
    Tensor filter = invocation.input(1);
    Tensor input = invocation.input(2);
    Tensor output = invocation.output(0);
    forEachOutput(
        invocation,
        vertical,
        horizontal,
        new Accumulator() {
          private float sum;

          @Override
          public void add(long i, long f, int count) {
            for (int k = 0; k < count; k++) {
              sum += input.getFloat(i + k) * filter.getFloat(f + k);
            }
          }

          @Override
          public void finish(long index, int channel) {
            sum += invocation.hasInput(3) ? invocation.input(3).getFloat(channel) : 0;
            output.setFloat(index, activation.apply(sum));
            sum = 0;
          }
        });
  }

  /** Returns the kernel of float images, quantized dynamically, and an 8-bit filter. */
  private static Kernel hybrid(
      Operands operands, Window vertical, Window horizontal, Activation activation) {
    float[] scales = operands.input(1).requireQuantization().scales();
    var quantizer = new RowQuantizer();
    return invocation -> {
      Tensor filter = invocation.input(1);
      Tensor input = invocation.input(2);
      Tensor output = invocation.output(0);
      int image = input.dim(0) == 0 ? 0 : Math.toIntExact(input.elements() / input.dim(0));
      byte[] quantized = new byte[Math.toIntExact(input.elements())];
      float[] imageScales = new float[input.dim(0)];
      int[] zeros = new int[input.dim(0)];
      for (int b = 0; b < imageScales.length; b++) {
        quantizer.quantize(input, (long) b * image, image, true);
        System.arraycopy(quantizer.values(), 0, quantized, b * image, image);
        imageScales[b] = quantizer.scale();
        zeros[b] = quantizer.zeroPoint();
      }
      forEachOutput(
          invocation,
          vertical,
          horizontal,
          new Accumulator() {
            private int sum;

            @Override
            public void add(long i, long f, int count) {
              int zero = zeros[(int) (i / image)];
              for (int k = 0; k < count; k++) {
                sum += (quantized[(int) i + k] - zero) * (int) filter.getInteger(f + k);
              }
            }

            @Override
            public void finish(long index, int channel) {
              int b = (int) (index / (output.elements() / output.dim(0)));
              float scale = imageScales[b] * scales[scales.length == 1 ? 0 : channel];
              float bias = invocation.hasInput(3) ? invocation.input(3).getFloat(channel) : 0;
              output.setFloat(index, activation.apply(sum * scale + bias));
              sum = 0;
            }
          });
    };
  }

  private static Kernel integers(
      Operands operands, Window vertical, Window horizontal, Activation activation) {
    Quantization in = operands.input(2).requireQuantization();
    Quantization weights = operands.input(1).requireQuantization();
    Quantization result = operands.output(0).requireQuantization();
    boolean wide = operands.type(2) == TensorType.INT16;
    var multipliers = ConvolutionKernels.multipliers(operands, operands.input(2));
    Activation.Bounds bounds = activation.quantizedBounds(operands.output(0).type(), result);
    int inputZero = in.zeroPointValue();
    int filterZero = weights.isPerAxis() ? 0 : weights.zeroPointValue();
    return invocation -> {
      Tensor filter = invocation.input(1);
      Tensor input = invocation.input(2);
      Tensor output = invocation.output(0);
      forEachOutput(
          invocation,
          vertical,
          horizontal,
          new Accumulator() {
            private long sum;

            @Override
            public void add(long i, long f, int count) {
              for (int k = 0; k < count; k++) {
                sum +=
                    (input.getInteger(i + k) - inputZero) * (filter.getInteger(f + k) - filterZero);
              }
            }

            @Override
            public void finish(long index, int channel) {
              sum += invocation.hasInput(3) ? invocation.input(3).getInteger(channel) : 0;
              var multiplier = multipliers[multipliers.length == 1 ? 0 : channel];
              int scaled = wide ? multiplier.applyLong(sum) : multiplier.apply((int) sum);
              output.setInteger(index, bounds.clamp(scaled + result.zeroPointValue()));
              sum = 0;
            }
          });
    };
  }
}
