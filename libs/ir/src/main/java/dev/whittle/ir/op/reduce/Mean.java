package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The mean along the axes that operand 1 contains. The mean of integers is rounded toward zero.
 *
 * @param keepDims whether reduced axes remain with size 1
 */
public record Mean(boolean keepDims) implements Op {
  public static final OpType<Mean> TYPE =
      OpType.of(
          "MEAN",
          40,
          "ReducerOptions",
          2,
          1,
          options -> new Mean(options.flag("keep_dims", false)));

  @Override
  public OpType<Mean> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("keep_dims", keepDims);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return ReductionKernels.infer(operands, keepDims);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> ReductionKernels.floatMean();
      case INT32, INT64 -> ReductionKernels.integerMean();
      case INT8, UINT8, INT16 -> ReductionKernels.quantizedMean(operands, keepDims);
      default -> throw operands.unsupportedType();
    };
  }

  /** Returns whether the height and width of images are reduced to size 1. */
  public boolean averagesImage(Shape input, long[] axes) {
    return keepDims && ReductionKernels.averagesImage(input, axes);
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
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8, TensorType.INT16);
  }
}
