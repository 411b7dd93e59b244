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

/** The absolute value. */
public record Abs() implements Op {
  public static final OpType<Abs> TYPE =
      OpType.of("ABS", 101, "AbsOptions", 1, 1, options -> new Abs());

  @Override
  public OpType<Abs> type() {
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
      case FLOAT32 -> ElementwiseKernels.unaryFloats(x -> Math.abs(x));
      case INT32 -> ElementwiseKernels.unaryIntegers(x -> Math.abs(x));
      case INT8, INT16 ->
          operands.type(0) == TensorType.INT16 && !operands.input(0).isQuantized()
              ? ElementwiseKernels.unaryIntegers(x -> Math.abs(x))
              : QuantizedArithmetic.abs(operands);
      default -> throw operands.unsupportedType();
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.FREE, TensorType.INT8, TensorType.INT16);
  }
}
