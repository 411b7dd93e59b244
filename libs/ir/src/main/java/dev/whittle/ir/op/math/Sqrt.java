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

/** The square root; NaN for negative numbers. */
public record Sqrt() implements Op {
  public static final OpType<Sqrt> TYPE = OpType.of("SQRT", 75, "", 1, 1, options -> new Sqrt());

  @Override
  public OpType<Sqrt> type() {
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
      case FLOAT32 -> ElementwiseKernels.unaryFloats(x -> (float) Math.sqrt(x));
      case INT8, INT16 -> QuantizedArithmetic.squareRoot(operands);
      default -> throw operands.unsupportedType();
    };
  }
}
