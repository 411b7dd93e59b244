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

/** The largest integer that is at most {@code a / b}, with broadcasting. */
public record FloorDiv() implements Op {
  public static final OpType<FloorDiv> TYPE =
      OpType.of("FLOOR_DIV", 90, "FloorDivOptions", 2, 1, options -> new FloorDiv());

  @Override
  public OpType<FloorDiv> type() {
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
      case FLOAT32 -> ElementwiseKernels.binaryFloats((a, b) -> (float) Math.floor(a / b));
      case INT8, INT16, INT32 -> ElementwiseKernels.binaryIntegers(IntegerDivision::floorDivide);
      default -> throw operands.unsupportedType();
    };
  }
}
