package dev.whittle.ir.op.nn;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The 3-D convolution of an input {@code [batch, depth, height, width, in]} with a filter {@code
 * [depth, height, width, in, out]}, plus an optional bias {@code [out]}.
 */
public record Conv3D(
    Padding padding,
    int strideDepth,
    int strideWidth,
    int strideHeight,
    Activation activation,
    int dilationDepth,
    int dilationWidth,
    int dilationHeight)
    implements Op {
  public static final OpType<Conv3D> TYPE =
      OpType.of(
              "CONV_3D",
              132,
              "Conv3DOptions",
              2,
              1,
              options ->
                  new Conv3D(
                      Padding.ofCode(options.integer("padding", 0)),
                      options.integer("stride_d", 0),
                      options.integer("stride_w", 0),
                      options.integer("stride_h", 0),
                      Activation.ofCode(options.integer("fused_activation_function", 0)),
                      options.integer("dilation_d_factor", 1),
                      options.integer("dilation_w_factor", 1),
                      options.integer("dilation_h_factor", 1)))
          .withMaxInputs(3);

  @Override
  public OpType<Conv3D> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("padding", padding.code())
        .with("stride_d", strideDepth)
        .with("stride_w", strideWidth)
        .with("stride_h", strideHeight)
        .with("fused_activation_function", activation.code())
        .with("dilation_d_factor", dilationDepth)
        .with("dilation_w_factor", dilationWidth)
        .with("dilation_h_factor", dilationHeight);
  }

  private Window[] windows() {
    return new Window[] {
      new Window(padding, strideDepth, dilationDepth),
      new Window(padding, strideHeight, dilationHeight),
      new Window(padding, strideWidth, dilationWidth)
    };
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return Conv3DKernels.infer(operands, windows());
  }

  @Override
  public Kernel kernel(Operands operands) {
    Bias.require(operands, 2, 1, 4);
    Conv3DKernels.requireFloats(operands, 0);
    activation.requireClamp();
    Window[] windows = windows();
    return invocation -> Conv3DKernels.convolve(invocation, windows, activation);
  }

  @Override
  public long multiplyAccumulates(Operands operands) {
    return Conv3DKernels.multiplyAccumulates(operands.output(0).shape(), operands.shape(1));
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.stored(1, 4);
  }
}
