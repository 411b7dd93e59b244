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

/** The inverse square root, {@code 1 / sqrt(x)}. */
public record Rsqrt() implements Op {
  public static final OpType<Rsqrt> TYPE = OpType.of("RSQRT", 76, "", 1, 1, options -> new Rsqrt());

  @Override
  public OpType<Rsqrt> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> ElementwiseKernels.unaryFloats(x -> 1f / (float) Math.sqrt(x));
      case INT8 -> QuantizedArithmetic.inverseSquareRoot(operands);
      case INT16 -> ElementwiseKernels.functionByTable(operands, x -> 1f / (float) Math.sqrt(x));
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8);
  }
}
