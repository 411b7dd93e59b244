package dev.whittle.ir.op.math;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The comparison {@code a < b}, with broadcasting. */
public record Less() implements Op {
  public static final OpType<Less> TYPE =
      OpType.of("LESS", 58, "LessOptions", 2, 1, options -> new Less());

  @Override
  public OpType<Less> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.comparison(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32, FLOAT16, BFLOAT16 -> ElementwiseKernels.compareFloats((a, b) -> a < b);
      case INT16, INT32, INT64 -> ElementwiseKernels.compareIntegers((a, b) -> a < b);
      case INT8, UINT8 ->
          operands.input(0).isQuantized()
              ? ElementwiseKernels.compareQuantized(operands, (a, b) -> a < b)
              : ElementwiseKernels.compareIntegers((a, b) -> a < b);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8 -> 2;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.NONE, TensorType.INT8);
  }
}
