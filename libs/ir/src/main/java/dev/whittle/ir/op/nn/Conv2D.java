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
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The 2-D convolution of an input {@code [batch, height, width, in]} with a filter {@code [out,
 * height, width, in / groups]}, plus an optional bias {@code [out]}.
 *
 * @param quantizedBiasType the type of the bias of 16-bit inputs; FLOAT32 if the file leaves it out
 */
public record Conv2D(
    Padding padding,
    int strideWidth,
    int strideHeight,
    Activation activation,
    int dilationWidth,
    int dilationHeight,
    TensorType quantizedBiasType)
    implements Op {
  public static final OpType<Conv2D> TYPE =
      OpType.of("CONV_2D", 3, "Conv2DOptions", 2, 1, Conv2D::decode).withMaxInputs(3);

  private static Conv2D decode(Options options) {
    return new Conv2D(
        Padding.ofCode(options.integer("padding", 0)),
        options.integer("stride_w", 0),
        options.integer("stride_h", 0),
        Activation.ofCode(options.integer("fused_activation_function", 0)),
        options.integer("dilation_w_factor", 1),
        options.integer("dilation_h_factor", 1),
        options.tensorType("quantized_bias_type", TensorType.FLOAT32));
  }

  @Override
  public OpType<Conv2D> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("padding", padding.code())
        .with("stride_w", strideWidth)
        .with("stride_h", strideHeight)
        .with("fused_activation_function", activation.code())
        .with("dilation_w_factor", dilationWidth)
        .with("dilation_h_factor", dilationHeight)
        .with("quantized_bias_type", quantizedBiasType.code());
  }

  /** Returns this operator with another activation. */
  public Conv2D withActivation(Activation other) {
    return new Conv2D(
        padding,
        strideWidth,
        strideHeight,
        other,
        dilationWidth,
        dilationHeight,
        quantizedBiasType);
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
    int channels = filter.isRankKnown() && filter.rank() > 0 ? filter.dim(0) : Shape.DYNAMIC;
    Shape output =
        ConvolutionKernels.output(operands.shape(0), filter, vertical(), horizontal(), channels);
    return List.of(new TypedShape(operands.type(0), output));
  }

  @Override
  public Kernel kernel(Operands operands) {
    Bias.require(operands, 2, 1, 0);
    var loop = new ConvolutionLoop(vertical(), horizontal(), 0);
    return Int4WeightKernel.of(
        operands,
        1,
        int8 -> ConvolutionKernels.of(int8, loop, activation, !isGrouped(operands), false));
  }

  /**
   * Returns whether the convolution is grouped; the built-in kernel for that is no matrix kernel.
   */
  private static boolean isGrouped(Operands operands) {
    Shape input = operands.shape(0);
    Shape filter = operands.shape(1);
    return input.isRankKnown() && filter.isRankKnown() && input.dim(3) != filter.dim(3);
  }

  /** Returns the requantization of the accumulators of 16-bit inputs. */
  public Int16Requantization int16Requantization(Operands operands) {
    return ConvolutionKernels.int16Requantization(operands, activation);
  }

  /** Returns the requantization of the accumulators of 8-bit inputs. */
  public Requantization requantization(Operands operands) {
    // The built-in kernel of unsigned operands is no matrix kernel either.
    boolean tiesUp = operands.type(0) == TensorType.INT8 && !isGrouped(operands);
    return ConvolutionKernels.requantization(operands, activation, tiesUp);
  }

  @Override
  public int version(Operands operands) {
    TensorType input = operands.type(0);
    TensorType filter = operands.type(1);
    if (input == TensorType.INT16) {
      return 8;
    }
    if (filter == TensorType.INT4) {
      return 7;
    }
    Shape in = operands.shape(0);
    Shape weights = operands.shape(1);
    if (in.isRankKnown() && weights.isRankKnown() && in.dim(3) != weights.dim(3)) {
      return 6;
    }
    if (input == TensorType.INT8) {
      return 3;
    }
    if (input == TensorType.FLOAT32 && filter == TensorType.INT8) {
      Quantization quantization = operands.input(1).quantization();
      return quantization != null && quantization.isPerAxis() ? 5 : 2;
    }
    return 1;
  }

  @Override
  public long multiplyAccumulates(Operands operands) {
    Shape filter = operands.shape(1);
    Shape output = operands.output(0).shape();
    return filter.isStatic() && output.isStatic()
        ? output.elements() * filter.dim(1) * filter.dim(2) * filter.dim(3)
        : 0;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.weighted(1, 0, 2);
  }
}
