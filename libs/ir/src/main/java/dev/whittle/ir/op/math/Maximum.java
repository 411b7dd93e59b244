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

/** The larger one of two elements, with broadcasting. */
public record Maximum() implements Op {
  public static final OpType<Maximum> TYPE =
      OpType.of("MAXIMUM", 55, "MaximumMinimumOptions", 2, 1, options -> new Maximum());

  @Override
  public OpType<Maximum> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.broadcast(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32, FLOAT16, BFLOAT16 -> ElementwiseKernels.binaryFloats((a, b) -> a > b ? a : b);
      case INT8, UINT8, INT16, INT32, INT64 -> ElementwiseKernels.binaryIntegers(Math::max);
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
    return QuantizationRule.of(QuantizationRule.Scales.BOUNDED, TensorType.INT8, TensorType.INT16);
  }
}
