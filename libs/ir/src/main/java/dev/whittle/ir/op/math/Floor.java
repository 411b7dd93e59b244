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

/** The largest integer that is at most x. */
public record Floor() implements Op {
  public static final OpType<Floor> TYPE = OpType.of("FLOOR", 8, "", 1, 1, options -> new Floor());

  @Override
  public OpType<Floor> type() {
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
      case FLOAT32, FLOAT16, BFLOAT16 -> ElementwiseKernels.unaryFloats(x -> (float) Math.floor(x));
      default -> throw operands.unsupportedType();
    };
  }
}
