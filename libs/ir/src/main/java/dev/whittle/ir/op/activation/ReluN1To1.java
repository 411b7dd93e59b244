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

/** The clamp {@code min(max(x, -1), 1)}. */
public record ReluN1To1() implements Op {
  public static final OpType<ReluN1To1> TYPE =
      OpType.of("RELU_N1_TO_1", 20, "", 1, 1, options -> new ReluN1To1());

  @Override
  public OpType<ReluN1To1> type() {
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
      case FLOAT32 -> ElementwiseKernels.unaryFloats(x -> Math.clamp(x, -1, 1));
      case INT8, UINT8, INT16 -> ElementwiseKernels.requantizedClamp(operands, -1, 1);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8);
  }
}
