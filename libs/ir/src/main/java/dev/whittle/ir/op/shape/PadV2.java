package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** Padding with operand 2, a scalar. Operand 1 is as in {@link Pad}. */
public record PadV2() implements Op {
  public static final OpType<PadV2> TYPE =
      OpType.of("PADV2", 60, "PadV2Options", 3, 1, options -> new PadV2());

  @Override
  public OpType<PadV2> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(operands.type(0), PadKernels.infer(operands)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return PadKernels.constant(operands, true);
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8, UINT8 -> 2;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
