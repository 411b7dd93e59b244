package dev.whittle.ir.op.nn;

import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Int16Requantization;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.op.common.RowQuantizer;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * Shape inference and reference kernels of {@link Conv2D} and {@link DepthwiseConv2D}: float,
 * integer and hybrid, with the rounding of TensorFlow Lite's built-in kernels.
 */
final class ConvolutionKernels {
  private ConvolutionKernels() {}

  /** Returns the shape {@code [batch, height, width, channels]} of the output. */
  static Shape output(Shape input, Shape filter, Window vertical, Window horizontal, int channels) {
    if ((input.isRankKnown() && input.rank() != 4)
        || (filter.isRankKnown() && filter.rank() != 4)) {
      throw OperandException.invalid(
          "input %s and filter %s; expected 4 dimensions each", input, filter);
    }
    if (!input.isRankKnown() || !filter.isRankKnown()) {
      return Shapes.dynamic(4);
    }
    return Shape.of(
        input.dim(0),
        vertical.output(input.dim(1), filter.dim(1)),
        horizontal.output(input.dim(2), filter.dim(2)),
        channels);
  }

  /**
   * Returns the kernel for operands input, filter and an optional bias.
   *
   * @param operands the operands
   * @param loop the loop nest
   * @param activation the fused activation
   * @param tiesUp whether the kernel of signed integers rounds ties toward positive infinity, as
   *     the built-in matrix kernels do
   * @param depthwise whether the hybrid kernel always quantizes inputs asymmetrically
   */
  static Kernel of(
      Operands operands,
      ConvolutionLoop loop,
      Activation activation,
      boolean tiesUp,
      boolean depthwise) {
    activation.requireClamp();
    TensorType filter = operands.type(1);
    return switch (operands.type(0)) {
      case FLOAT32 ->
          switch (filter) {
            case FLOAT32 -> floats(loop, activation);
            case INT8 -> hybrid(operands, loop, activation, depthwise);
            default -> throw noKernel(operands);
          };
      case INT8 -> {
        requireType(operands, filter, TensorType.INT8);
        yield integers(operands, loop, activation, tiesUp);
      }
      case UINT8 -> {
        requireType(operands, filter, TensorType.UINT8);
        yield integers(operands, loop, activation, false);
      }
      case INT16 -> {
        requireType(operands, filter, TensorType.INT8);
        yield int16(operands, loop, activation);
      }
      default -> throw noKernel(operands);
    };
  }

  private static void requireType(Operands operands, TensorType found, TensorType wanted) {
    if (found != wanted) {
      throw noKernel(operands);
    }
  }

  private static OperandException noKernel(Operands operands) {
    return OperandException.unsupported(
        "no kernel for %s input and %s filter", operands.type(0), operands.type(1));
  }

  private static @Nullable Tensor bias(Invocation invocation) {
    return invocation.hasInput(2) ? invocation.input(2) : null;
  }

  private static Kernel floats(ConvolutionLoop loop, Activation activation) {
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor filter = invocation.input(1);
      Tensor bias = bias(invocation);
      Tensor output = invocation.output(0);
      loop.run(
          input,
          filter,
          output,
          new ConvolutionLoop.Accumulator() {
            private float sum;

            @Override
            public void add(long i, long f, int count) {
              for (int k = 0; k < count; k++) {
                sum += input.getFloat(i + k) * filter.getFloat(f + k);
              }
            }

            @Override
            public void finish(long index, int batch, int channel) {
              sum += bias == null ? 0 : bias.getFloat(channel);
              output.setFloat(index, activation.apply(sum));
              sum = 0;
            }
          });
    };
  }

  /** Returns a multiplier for each output channel, or one for all. */
  private static FixedPoint.Multiplier[] multipliers(Operands operands, int channels) {
    var multipliers = multipliers(operands, operands.input(0));
    if (multipliers.length != 1 && channels != Shape.DYNAMIC && multipliers.length != channels) {
      throw OperandException.invalid(
          "filter has %d scales; expected 1 or the %d output channels",
          multipliers.length, channels);
    }
    return multipliers;
  }

  /** Returns a multiplier for each scale of the filter, which is operand 1. */
  static FixedPoint.Multiplier[] multipliers(Operands operands, Operand input) {
    float inputScale = input.requireQuantization().scaleValue();
    float outputScale = operands.output(0).requireQuantization().scaleValue();
    float[] scales = operands.input(1).requireQuantization().scales();
    var multipliers = new FixedPoint.Multiplier[scales.length];
    for (int c = 0; c < scales.length; c++) {
      // The kernels of unsigned operands, older than per-axis scales, multiply in single precision.
      double product =
          input.type() == TensorType.UINT8
              ? (double) (inputScale * scales[c])
              : (double) inputScale * (double) scales[c];
      multipliers[c] = FixedPoint.Multiplier.of(product / outputScale);
    }
    return multipliers;
  }

  private static int channels(Operands operands) {
    Shape output = operands.output(0).shape();
    return output.isRankKnown() ? output.dim(output.rank() - 1) : Shape.DYNAMIC;
  }

  static Requantization requantization(Operands operands, Activation activation, boolean tiesUp) {
    Quantization result = operands.output(0).requireQuantization();
    return new Requantization(
        multipliers(operands, channels(operands)),
        tiesUp,
        result,
        activation.quantizedBounds(operands.output(0).type(), result));
  }

  private static Kernel integers(
      Operands operands, ConvolutionLoop loop, Activation activation, boolean tiesUp) {
    Requantization requantization = requantization(operands, activation, tiesUp);
    int inputZero = operands.input(0).requireQuantization().zeroPointValue();
    Quantization weights = operands.input(1).requireQuantization();
    int filterZero = weights.isPerAxis() ? 0 : weights.zeroPointValue();
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor filter = invocation.input(1);
      Tensor bias = bias(invocation);
      Tensor output = invocation.output(0);
      loop.run(
          input,
          filter,
          output,
          new ConvolutionLoop.Accumulator() {
            private int sum;

            @Override
            public void add(long i, long f, int count) {
              for (int k = 0; k < count; k++) {
                sum +=
                    ((int) input.getInteger(i + k) - inputZero)
                        * ((int) filter.getInteger(f + k) - filterZero);
              }
            }

            @Override
            public void finish(long index, int batch, int channel) {
              sum += bias == null ? 0 : bias.getInt(channel);
              output.setInteger(index, requantization.apply(sum, channel));
              sum = 0;
            }
          });
    };
  }

  static Int16Requantization int16Requantization(Operands operands, Activation activation) {
    var multipliers = multipliers(operands, channels(operands));
    Quantization result = operands.output(0).requireQuantization();
    Activation.Bounds bounds = activation.quantizedBounds(operands.output(0).type(), result);
    return (sum, channel) ->
        bounds.clamp(multipliers[multipliers.length == 1 ? 0 : channel].applyLong(sum));
  }

  /** Returns the kernel of 16-bit input and output, 8-bit filter and 64-bit accumulators. */
  private static Kernel int16(Operands operands, ConvolutionLoop loop, Activation activation) {
    Int16Requantization requantization = int16Requantization(operands, activation);
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor filter = invocation.input(1);
      Tensor bias = bias(invocation);
      Tensor output = invocation.output(0);
      loop.run(
          input,
          filter,
          output,
          new ConvolutionLoop.Accumulator() {
            private long sum;

            @Override
            public void add(long i, long f, int count) {
              for (int k = 0; k < count; k++) {
                sum += input.getInteger(i + k) * filter.getByte(f + k);
              }
            }

            @Override
            public void finish(long index, int batch, int channel) {
              sum += bias == null ? 0 : bias.getInteger(channel);
              output.setInteger(index, requantization.apply(sum, channel));
              sum = 0;
            }
          });
    };
  }

  /**
   * Returns the kernel of float input and output and 8-bit filter. Each image is quantized
   * dynamically, asymmetrically if the channels of the filter have different scales.
   */
  private static Kernel hybrid(
      Operands operands, ConvolutionLoop loop, Activation activation, boolean depthwise) {
    float[] scales = operands.input(1).requireQuantization().scales();
    boolean perChannel = depthwise;
    for (float scale : scales) {
      perChannel |= scale != scales[0];
    }
    boolean asymmetric = perChannel;
    var quantizer = new RowQuantizer();
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor filter = invocation.input(1);
      Tensor bias = bias(invocation);
      Tensor output = invocation.output(0);
      int image = input.dim(0) == 0 ? 0 : (int) (input.elements() / input.dim(0));
      byte[] quantized = new byte[Math.toIntExact(input.elements())];
      float[] imageScales = new float[input.dim(0)];
      int[] zeros = new int[input.dim(0)];
      for (int b = 0; b < input.dim(0); b++) {
        quantizer.quantize(input, (long) b * image, image, asymmetric);
        System.arraycopy(quantizer.values(), 0, quantized, b * image, image);
        imageScales[b] = quantizer.scale();
        zeros[b] = quantizer.zeroPoint();
      }
      loop.run(
          input,
          filter,
          output,
          new ConvolutionLoop.Accumulator() {
            private int sum;

            @Override
            public void add(long i, long f, int count) {
              int zero = zeros[(int) (i / image)];
              for (int k = 0; k < count; k++) {
                sum += (quantized[(int) i + k] - zero) * filter.getByte(f + k);
              }
            }

            @Override
            public void finish(long index, int batch, int channel) {
              float scale = imageScales[batch] * scales[scales.length == 1 ? 0 : channel];
              float real = sum * scale + (bias == null ? 0 : bias.getFloat(channel));
              output.setFloat(index, activation.apply(real));
              sum = 0;
            }
          });
    };
  }
}
