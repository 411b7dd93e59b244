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

/** Max pooling of an image {@code [batch, height, width, channels]}. */
public record MaxPool2D(
    Padding padding,
    int strideWidth,
    int strideHeight,
    int filterWidth,
    int filterHeight,
    Activation activation)
    implements Op {
  public static final OpType<MaxPool2D> TYPE =
      OpType.of(
          "MAX_POOL_2D",
          17,
          "Pool2DOptions",
          1,
          1,
          options ->
              new MaxPool2D(
                  Padding.ofCode(options.integer("padding", 0)),
                  options.integer("stride_w", 0),
                  options.integer("stride_h", 0),
                  options.integer("filter_width", 0),
                  options.integer("filter_height", 0),
                  Activation.ofCode(options.integer("fused_activation_function", 0))));

  @Override
  public OpType<MaxPool2D> type() {
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
    return PoolKernels.max(operands, windows(), activation);
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
