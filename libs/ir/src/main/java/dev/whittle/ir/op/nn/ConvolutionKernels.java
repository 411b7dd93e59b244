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
 * Shapes and reference kernels of {@link Conv2D} and {@link DepthwiseConv2D}: float, integer and
 * hybrid (quantization notes, sections b and c).
 */
final class ConvolutionKernels {
  private ConvolutionKernels() {}

  /** {@code [batch, height, width, channels]} of the output. */
  static Shape output(Shape input, Shape filter, Window vertical, Window horizontal, int channels) {
    if ((input.isRankKnown() && input.rank() != 4)
        || (filter.isRankKnown() && filter.rank() != 4)) {
      throw OperandException.invalid("input %s and filter %s must have 4 axes", input, filter);
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
   * The kernel for operands input, filter and perhaps bias.
   *
   * @param tiesUp whether the kernel of signed integers rounds as matrix kernels do
   * @param depthwise whether the hybrid kernel takes a scale for each channel, were it one
   */
  static Kernel of(
      Operands operands,
      ConvolutionLoop taps,
      Activation activation,
      boolean tiesUp,
      boolean depthwise) {
    activation.requireClamp();
    TensorType filter = operands.type(1);
    return switch (operands.type(0)) {
      case FLOAT32 ->
          switch (filter) {
            case FLOAT32 -> floats(taps, activation);
            case INT8 -> hybrid(operands, taps, activation, depthwise);
            default -> throw noKernel(operands);
          };
      case INT8 -> {
        requireType(operands, filter, TensorType.INT8);
        yield integers(operands, taps, activation, tiesUp);
      }
      case UINT8 -> {
        requireType(operands, filter, TensorType.UINT8);
        yield integers(operands, taps, activation, false);
      }
      case INT16 -> {
        requireType(operands, filter, TensorType.INT8);
        yield wide(operands, taps, activation);
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

  private static Kernel floats(ConvolutionLoop taps, Activation activation) {
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor filter = invocation.input(1);
      Tensor bias = bias(invocation);
      Tensor output = invocation.output(0);
      taps.walk(
          input,
          filter,
          output,
          new ConvolutionLoop.Sum() {
            private float sum;

            @Override
            public void add(long i, long f, int count) {
              for (int k = 0; k < count; k++) {
                sum += input.getFloat(i + k) * filter.getFloat(f + k);
              }
            }

            @Override
            public void end(long at, int batch, int channel) {
              sum += bias == null ? 0 : bias.getFloat(channel);
              output.setFloat(at, activation.apply(sum));
              sum = 0;
            }
          });
    };
  }

  /** One multiplier for each output channel. */
  private static FixedPoint.Multiplier[] multipliers(Operands operands, int channels) {
    var multipliers = multipliers(operands, operands.input(0));
    if (multipliers.length != 1 && channels != Shape.DYNAMIC && multipliers.length != channels) {
      throw OperandException.invalid("%d scales for %d channels", multipliers.length, channels);
    }
    return multipliers;
  }

  /** One multiplier for each scale of the filter, which is operand 1. */
  static FixedPoint.Multiplier[] multipliers(Operands operands, Operand input) {
    float inputScale = input.requireQuantization().scaleValue();
    float outputScale = operands.output(0).requireQuantization().scaleValue();
    float[] scales = operands.input(1).requireQuantization().scales();
    var multipliers = new FixedPoint.Multiplier[scales.length];
    for (int c = 0; c < scales.length; c++) {
      // Unsigned operands are of before per-axis scales, and multiply in single precision.
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
      Operands operands, ConvolutionLoop taps, Activation activation, boolean tiesUp) {
    Requantization requantization = requantization(operands, activation, tiesUp);
    int inputZero = operands.input(0).requireQuantization().zeroPointValue();
    Quantization weights = operands.input(1).requireQuantization();
    int filterZero = weights.isPerAxis() ? 0 : weights.zeroPointValue();
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor filter = invocation.input(1);
      Tensor bias = bias(invocation);
      Tensor output = invocation.output(0);
      taps.walk(
          input,
          filter,
          output,
          new ConvolutionLoop.Sum() {
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
            public void end(long at, int batch, int channel) {
              sum += bias == null ? 0 : bias.getInt(channel);
              output.setInteger(at, requantization.apply(sum, channel));
              sum = 0;
            }
          });
    };
  }

  static Int16Requantization wideRequantization(Operands operands, Activation activation) {
    var multipliers = multipliers(operands, channels(operands));
    Quantization result = operands.output(0).requireQuantization();
    Activation.Bounds bounds = activation.quantizedBounds(operands.output(0).type(), result);
    return (sum, channel) ->
        bounds.clamp(multipliers[multipliers.length == 1 ? 0 : channel].applyLong(sum));
  }

  /** 16-bit input and output, 8-bit filter, 64-bit sums. */
  private static Kernel wide(Operands operands, ConvolutionLoop taps, Activation activation) {
    Int16Requantization requantization = wideRequantization(operands, activation);
    return invocation -> {
      Tensor input = invocation.input(0);
      Tensor filter = invocation.input(1);
      Tensor bias = bias(invocation);
      Tensor output = invocation.output(0);
      taps.walk(
          input,
          filter,
          output,
          new ConvolutionLoop.Sum() {
            private long sum;

            @Override
            public void add(long i, long f, int count) {
              for (int k = 0; k < count; k++) {
                sum += input.getInteger(i + k) * filter.getByte(f + k);
              }
            }

            @Override
            public void end(long at, int batch, int channel) {
              sum += bias == null ? 0 : bias.getInteger(channel);
              output.setInteger(at, requantization.apply(sum, channel));
              sum = 0;
            }
          });
    };
  }

  /**
   * Float input and output, 8-bit filter: each picture of the input is quantized as it comes,
   * asymmetrically if the filter's channels have different scales.
   */
  private static Kernel hybrid(
      Operands operands, ConvolutionLoop taps, Activation activation, boolean depthwise) {
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
      taps.walk(
          input,
          filter,
          output,
          new ConvolutionLoop.Sum() {
            private int sum;

            @Override
            public void add(long i, long f, int count) {
              int zero = zeros[(int) (i / image)];
              for (int k = 0; k < count; k++) {
                sum += (quantized[(int) i + k] - zero) * filter.getByte(f + k);
              }
            }

            @Override
            public void end(long at, int batch, int channel) {
              float scale = imageScales[batch] * scales[scales.length == 1 ? 0 : channel];
              float real = sum * scale + (bias == null ? 0 : bias.getFloat(channel));
              output.setFloat(at, activation.apply(real));
              sum = 0;
            }
          });
    };
  }
}
