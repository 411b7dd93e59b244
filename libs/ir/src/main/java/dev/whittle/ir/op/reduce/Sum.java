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
 * The sum along the axes that operand 1 contains.
 *
 * @param keepDims whether reduced axes remain with size 1
 */
public record Sum(boolean keepDims) implements Op {
  public static final OpType<Sum> TYPE =
      OpType.of(
          "SUM", 74, "ReducerOptions", 2, 1, options -> new Sum(options.flag("keep_dims", false)));

  @Override
  public OpType<Sum> type() {
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
      case FLOAT32 -> ReductionKernels.floats(0, (sum, x) -> sum + x);
      case INT32, INT64 -> ReductionKernels.integers(0, (sum, x) -> sum + x);
      case INT8, UINT8, INT16 -> ReductionKernels.quantizedSum(operands);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8, INT16 -> 2;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    // The sums of 16-bit operands of the native runtime are wrong.
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8);
  }
}
