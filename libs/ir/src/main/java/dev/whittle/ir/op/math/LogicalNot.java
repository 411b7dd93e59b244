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

/** The logical negation. */
public record LogicalNot() implements Op {
  public static final OpType<LogicalNot> TYPE =
      OpType.of("LOGICAL_NOT", 87, "LogicalNotOptions", 1, 1, options -> new LogicalNot());

  @Override
  public OpType<LogicalNot> type() {
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
      case BOOL -> ElementwiseKernels.unaryIntegers(x -> 1 - x);
      default -> throw operands.unsupportedType();
    };
  }
}
