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

/** The squared difference, {@code (a - b)^2}, with broadcasting. */
public record SquaredDifference() implements Op {
  public static final OpType<SquaredDifference> TYPE =
      OpType.of(
          "SQUARED_DIFFERENCE",
          99,
          "SquaredDifferenceOptions",
          2,
          1,
          options -> new SquaredDifference());

  @Override
  public OpType<SquaredDifference> type() {
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
      case FLOAT32 -> ElementwiseKernels.binaryFloats((a, b) -> (a - b) * (a - b));
      case INT32 -> ElementwiseKernels.binaryIntegers((a, b) -> (a - b) * (a - b));
      case INT8 -> QuantizedArithmetic.squaredDifference(operands);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8);
  }
}
