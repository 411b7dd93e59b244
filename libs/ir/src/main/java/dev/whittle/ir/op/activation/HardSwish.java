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

/** The hard swish function, {@code x * relu6(x + 3) / 6}. */
public record HardSwish() implements Op {
  public static final OpType<HardSwish> TYPE =
      OpType.of("HARD_SWISH", 117, "HardSwishOptions", 1, 1, options -> new HardSwish());

  @Override
  public OpType<HardSwish> type() {
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
      case FLOAT32 -> ElementwiseKernels.unaryFloats(x -> x * Math.clamp(x + 3, 0, 6) / 6);
      case INT8, UINT8 -> QuantizedActivations.hardSwish(operands);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8);
  }
}
