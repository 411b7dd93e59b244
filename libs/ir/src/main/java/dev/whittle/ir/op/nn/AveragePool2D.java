package dev.whittle.ir.op.nn;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * Average pooling of an image {@code [batch, height, width, channels]}. Padding does not count as
 * elements.
 */
public record AveragePool2D(
    Padding padding,
    int strideWidth,
    int strideHeight,
    int filterWidth,
    int filterHeight,
    Activation activation)
    implements Op {
  public static final OpType<AveragePool2D> TYPE =
      OpType.of(
          "AVERAGE_POOL_2D",
          1,
          "Pool2DOptions",
          1,
          1,
          options ->
              new AveragePool2D(
                  Padding.ofCode(options.integer("padding", 0)),
                  options.integer("stride_w", 0),
                  options.integer("stride_h", 0),
                  options.integer("filter_width", 0),
                  options.integer("filter_height", 0),
                  Activation.ofCode(options.integer("fused_activation_function", 0))));

  @Override
  public OpType<AveragePool2D> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("padding", padding.code())
        .with("stride_w", strideWidth)
        .with("stride_h", strideHeight)
        .with("filter_width", filterWidth)
        .with("filter_height", filterHeight)
        .with("fused_activation_function", activation.code());
  }

  /** Returns this operator with another activation. */
  public AveragePool2D withActivation(Activation other) {
    return new AveragePool2D(padding, strideWidth, strideHeight, filterWidth, filterHeight, other);
  }

  private PoolKernels.PoolWindows windows() {
    return new PoolKernels.PoolWindows(
        padding, strideHeight, filterHeight, strideWidth, filterWidth);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return PoolKernels.infer(operands, windows());
  }

  @Override
  public Kernel kernel(Operands operands) {
    return PoolKernels.average(operands, windows(), activation);
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8 -> 2;
      case INT16 -> 3;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
