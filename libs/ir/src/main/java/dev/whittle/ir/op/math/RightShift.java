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

/**
 * The arithmetic right shift of integers, with broadcasting. The distance is clamped to the width.
 */
public record RightShift() implements Op {
  public static final OpType<RightShift> TYPE =
      OpType.of("RIGHT_SHIFT", 161, "RightShiftOptions", 2, 1, options -> new RightShift());

  @Override
  public OpType<RightShift> type() {
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
      case INT8, UINT8, INT16, UINT16, INT32, UINT32 ->
          ElementwiseKernels.binaryIntegers(rightShift(operands.type(0).bits()));
      default -> throw operands.unsupportedType();
    };
  }

  private static ElementwiseKernels.LongBinary rightShift(int bits) {
    return (a, b) -> a >> Math.min(Math.max(b, 0), bits - 1);
  }
}
