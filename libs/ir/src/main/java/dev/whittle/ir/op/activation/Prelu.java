package dev.whittle.ir.op.activation;

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

/**
 * The parametric rectified linear unit: {@code x} for positive x, otherwise {@code slope * x}.
 * Operand 1 is the slope, which is broadcast.
 */
public record Prelu() implements Op {
  public static final OpType<Prelu> TYPE = OpType.of("PRELU", 54, "", 2, 1, options -> new Prelu());

  @Override
  public OpType<Prelu> type() {
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
      case FLOAT32 -> ElementwiseKernels.binaryFloats((x, slope) -> x >= 0 ? x : x * slope);
      case INT8, UINT8 -> QuantizedActivations.prelu(operands);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8);
  }
}
