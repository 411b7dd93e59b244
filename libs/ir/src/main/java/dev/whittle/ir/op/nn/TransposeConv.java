package dev.whittle.ir.op.nn;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.Requantization;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The transposed 2-D convolution. Operand 0 is the output's shape {@code [batch, height, width,
 * out]}, followed by the filter {@code [out, height, width, in]}, the input {@code [batch, height,
 * width, in]} and an optional bias {@code [out]}.
 *
 * @param quantizedBiasType the type of the bias of 16-bit inputs; FLOAT32 if the file leaves it out
 */
public record TransposeConv(
    Padding padding,
    int strideWidth,
    int strideHeight,
    Activation activation,
    TensorType quantizedBiasType)
    implements Op {
  public static final OpType<TransposeConv> TYPE =
      OpType.of(
              "TRANSPOSE_CONV",
              67,
              "TransposeConvOptions",
              3,
              1,
              options ->
                  new TransposeConv(
                      Padding.ofCode(options.integer("padding", 0)),
                      options.integer("stride_w", 0),
                      options.integer("stride_h", 0),
                      Activation.ofCode(options.integer("fused_activation_function", 0)),
                      options.tensorType("quantized_bias_type", TensorType.FLOAT32)))
          .withMaxInputs(4);

  @Override
  public OpType<TransposeConv> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("padding", padding.code())
        .with("stride_w", strideWidth)
        .with("stride_h", strideHeight)
        .with("fused_activation_function", activation.code())
        .with("quantized_bias_type", quantizedBiasType.code());
  }

  private Window vertical() {
    return new Window(padding, strideHeight, 1);
  }

  private Window horizontal() {
    return new Window(padding, strideWidth, 1);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    long[] shape = operands.knownIntegers(0);
    if (shape != null && shape.length != 4) {
      throw OperandException.invalid("output shape has %d dimensions; expected 4", shape.length);
    }
    return List.of(
        new TypedShape(
            operands.type(2), shape == null ? Shapes.dynamic(4) : Shapes.ofContents(shape)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    Bias.require(operands, 3, 1, 0);
    return TransposeConvKernels.of(operands, vertical(), horizontal(), activation);
  }

  /** Returns the requantization of the accumulators of 8-bit inputs. */
  public Requantization requantization(Operands operands) {
    return TransposeConvKernels.requantization(operands, activation);
  }

  @Override
  public int version(Operands operands) {
    if (activation != Activation.NONE) {
      return 4;
    }
    if (operands.hasInput(3)) {
      return 3;
    }
    return operands.type(2) == TensorType.INT8 ? 2 : 1;
  }

  @Override
  public long multiplyAccumulates(Operands operands) {
    Shape filter = operands.shape(1);
    Shape input = operands.shape(2);
    return filter.isStatic() && input.isStatic()
        ? input.elements() * filter.dim(0) * filter.dim(1) * filter.dim(2)
        : 0;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.weighted(1, 0, 3);
  }
}
