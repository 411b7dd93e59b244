package dev.whittle.ir.op.nn;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Int16Requantization;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.op.common.Int4WeightKernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The depthwise 2-D convolution of an input {@code [batch, height, width, in]} with a filter {@code
 * [1, height, width, in * multiplier]}, plus an optional bias {@code [in * multiplier]}. Output
 * channel {@code i * multiplier + m} depends on input channel i only.
 *
 * @param depthMultiplier the multiplier that the file states; kernels take it from the shapes
 */
public record DepthwiseConv2D(
    Padding padding,
    int strideWidth,
    int strideHeight,
    int depthMultiplier,
    Activation activation,
    int dilationWidth,
    int dilationHeight)
    implements Op {
  public static final OpType<DepthwiseConv2D> TYPE =
      OpType.of("DEPTHWISE_CONV_2D", 4, "DepthwiseConv2DOptions", 2, 1, DepthwiseConv2D::decode)
          .withMaxInputs(3);

  private static DepthwiseConv2D decode(Options options) {
    return new DepthwiseConv2D(
        Padding.ofCode(options.integer("padding", 0)),
        options.integer("stride_w", 0),
        options.integer("stride_h", 0),
        options.integer("depth_multiplier", 0),
        Activation.ofCode(options.integer("fused_activation_function", 0)),
        options.integer("dilation_w_factor", 1),
        options.integer("dilation_h_factor", 1));
  }

  @Override
  public OpType<DepthwiseConv2D> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("padding", padding.code())
        .with("stride_w", strideWidth)
        .with("stride_h", strideHeight)
        .with("depth_multiplier", depthMultiplier)
        .with("fused_activation_function", activation.code())
        .with("dilation_w_factor", dilationWidth)
        .with("dilation_h_factor", dilationHeight);
  }

  private Window vertical() {
    return new Window(padding, strideHeight, dilationHeight);
  }

  private Window horizontal() {
    return new Window(padding, strideWidth, dilationWidth);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape filter = operands.shape(1);
    int channels = filter.isRankKnown() && filter.rank() == 4 ? filter.dim(3) : Shape.DYNAMIC;
    Shape output =
        ConvolutionKernels.output(operands.shape(0), filter, vertical(), horizontal(), channels);
    return List.of(new TypedShape(operands.type(0), output));
  }

  @Override
  public Kernel kernel(Operands operands) {
    Bias.require(operands, 2, 1, 3);
    Shape input = operands.shape(0);
    Shape filter = operands.shape(1);
    if (!input.isRankKnown() || !filter.isRankKnown()) {
      throw OperandException.unsupported("no kernel for an input or filter of unknown rank");
    }
    int in = input.dim(3);
    int out = filter.dim(3);
    if (in < 1 || out % in != 0) {
      throw OperandException.invalid(
          "filter has %d output channels; expected a multiple of the %d input channels", out, in);
    }
    var loop = new ConvolutionLoop(vertical(), horizontal(), out / in);
    return Int4WeightKernel.of(
        operands, 1, int8 -> ConvolutionKernels.of(int8, loop, activation, false, true));
  }

  /** Returns the requantization of the accumulators of 16-bit inputs. */
  public Int16Requantization int16Requantization(Operands operands) {
    return ConvolutionKernels.int16Requantization(operands, activation);
  }

  /** Returns the requantization of the accumulators of 8-bit inputs. */
  public Requantization requantization(Operands operands) {
    return ConvolutionKernels.requantization(operands, activation, false);
  }

  @Override
  public int version(Operands operands) {
    TensorType input = operands.type(0);
    TensorType filter = operands.type(1);
    if (filter == TensorType.INT4) {
      return 7;
    }
    if (input == TensorType.INT16) {
      return 5;
    }
    if (input == TensorType.FLOAT32 && filter == TensorType.INT8) {
      Quantization quantization = operands.input(1).quantization();
      return quantization != null && quantization.isPerAxis() ? 6 : 4;
    }
    if (input == TensorType.INT8) {
      return 3;
    }
    return dilationWidth != 1 || dilationHeight != 1 ? 2 : 1;
  }

  @Override
  public long multiplyAccumulates(Operands operands) {
    Shape filter = operands.shape(1);
    Shape output = operands.output(0).shape();
    return filter.isStatic() && output.isStatic()
        ? output.elements() * filter.dim(1) * filter.dim(2)
        : 0;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.weighted(1, 3, 2);
  }
}
