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

/**
 * Padding with zeros, or with the zero point if quantized. Operand 1 has a row for each axis, with
 * the numbers of elements before and after.
 */
public record Pad() implements Op {
  public static final OpType<Pad> TYPE =
      OpType.of("PAD", 34, "PadOptions", 2, 1, options -> new Pad());

  @Override
  public OpType<Pad> type() {
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
    return PadKernels.constant(operands, false);
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8, UINT8 -> 2;
      case INT16 -> 3;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
