package dev.whittle.ir.op.nn;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The transposed 3-D convolution. Operand 0 is the output's shape, followed by the filter {@code
 * [depth, height, width, out, in]}, the input {@code [batch, depth, height, width, in]} and an
 * optional bias {@code [out]}.
 */
public record Conv3DTranspose(
    Padding padding,
    int strideDepth,
    int strideWidth,
    int strideHeight,
    Activation activation,
    int dilationDepth,
    int dilationWidth,
    int dilationHeight)
    implements Op {
  public static final OpType<Conv3DTranspose> TYPE =
      OpType.of(
              "CONV_3D_TRANSPOSE",
              141,
              "Conv3DOptions",
              3,
              1,
              options ->
                  new Conv3DTranspose(
                      Padding.ofCode(options.integer("padding", 0)),
                      options.integer("stride_d", 0),
                      options.integer("stride_w", 0),
                      options.integer("stride_h", 0),
                      Activation.ofCode(options.integer("fused_activation_function", 0)),
                      options.integer("dilation_d_factor", 1),
                      options.integer("dilation_w_factor", 1),
                      options.integer("dilation_h_factor", 1)))
          .withMaxInputs(4);

  @Override
  public OpType<Conv3DTranspose> type() {
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
    long[] shape = operands.knownIntegers(0);
    return List.of(
        new TypedShape(
            operands.type(2), shape == null ? Shapes.dynamic(5) : Shapes.ofContents(shape)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    Bias.require(operands, 3, 1, 3);
    Conv3DKernels.requireFloats(operands, 2);
    activation.requireClamp();
    Window[] windows = windows();
    return invocation -> Conv3DKernels.transpose(invocation, windows, activation);
  }

  @Override
  public long multiplyAccumulates(Operands operands) {
    return Conv3DKernels.multiplyAccumulates(operands.shape(2), operands.shape(1));
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.stored(1, 3);
  }
}
