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

/** The exponential function. */
public record Exp() implements Op {
  public static final OpType<Exp> TYPE =
      OpType.of("EXP", 47, "ExpOptions", 1, 1, options -> new Exp());

  @Override
  public OpType<Exp> type() {
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
      case FLOAT32 -> ElementwiseKernels.unaryFloats(x -> (float) Math.exp(x));
      case INT8, INT16 -> ElementwiseKernels.functionByTable(operands, x -> (float) Math.exp(x));
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
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8);
  }
}
