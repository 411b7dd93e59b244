package dev.whittle.ir.op.math;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The negation {@code -x}. */
public record Neg() implements Op {
  public static final OpType<Neg> TYPE =
      OpType.of("NEG", 59, "NegOptions", 1, 1, options -> new Neg());

  @Override
  public OpType<Neg> type() {
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
      case FLOAT32, FLOAT16, BFLOAT16 -> ElementwiseKernels.unaryFloats(x -> -x);
      case INT8, INT16, INT32, INT64 -> ElementwiseKernels.unaryIntegers(x -> -x);
      default -> throw operands.unsupportedType();
    };
  }
}
