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

/** The sign of x: -1, 0 or 1. */
public record Sign() implements Op {
  public static final OpType<Sign> TYPE =
      OpType.of("SIGN", 158, "SignOptions", 1, 1, options -> new Sign());

  @Override
  public OpType<Sign> type() {
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
      case FLOAT32 -> ElementwiseKernels.unaryFloats(x -> Math.signum(x));
      case FLOAT64 -> ElementwiseKernels.unaryDoubles(Math::signum);
      case INT32 -> ElementwiseKernels.unaryIntegers(x -> Long.signum(x));
      default -> throw operands.unsupportedType();
    };
  }
}
