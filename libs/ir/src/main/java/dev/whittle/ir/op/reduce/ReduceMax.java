package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The maximum along the axes that operand 1 contains.
 *
 * @param keepDims whether reduced axes remain with size 1
 */
public record ReduceMax(boolean keepDims) implements Op {
  public static final OpType<ReduceMax> TYPE =
      OpType.of(
          "REDUCE_MAX",
          82,
          "ReducerOptions",
          2,
          1,
          options -> new ReduceMax(options.flag("keep_dims", false)));

  @Override
  public OpType<ReduceMax> type() {
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
      case FLOAT32 -> ReductionKernels.floats(-Float.MAX_VALUE, (max, x) -> x > max ? x : max);
      case INT8, UINT8, INT16, INT32, INT64 ->
          ReductionKernels.integers(ReductionKernels.min(operands.type(0)), Math::max);
      default -> throw operands.unsupportedType();
    };
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
