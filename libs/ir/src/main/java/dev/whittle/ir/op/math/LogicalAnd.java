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

/** The logical conjunction, with broadcasting. */
public record LogicalAnd() implements Op {
  public static final OpType<LogicalAnd> TYPE =
      OpType.of("LOGICAL_AND", 86, "LogicalAndOptions", 2, 1, options -> new LogicalAnd());

  @Override
  public OpType<LogicalAnd> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.broadcast(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case BOOL -> ElementwiseKernels.binaryIntegers((a, b) -> a & b);
      default -> throw operands.unsupportedType();
    };
  }
}
