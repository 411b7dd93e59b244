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

/** The remainder of {@link FloorDiv}, which has the sign of the divisor, with broadcasting. */
public record FloorMod() implements Op {
  public static final OpType<FloorMod> TYPE =
      OpType.of("FLOOR_MOD", 95, "FloorModOptions", 2, 1, options -> new FloorMod());

  @Override
  public OpType<FloorMod> type() {
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
      case FLOAT32 -> ElementwiseKernels.binaryFloats(FloorMod::floorModulo);
      case INT8, INT16, INT32, INT64 ->
          ElementwiseKernels.binaryIntegers(IntegerDivision::floorModulo);
      default -> throw operands.unsupportedType();
    };
  }

  private static float floorModulo(float a, float b) {
    float remainder = a % b;
    return remainder != 0 && (b < 0) != (remainder < 0) ? remainder + b : remainder;
  }
}
