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

/** The angle of the point {@code (b, a)} in radians, with broadcasting. */
public record Atan2() implements Op {
  public static final OpType<Atan2> TYPE =
      OpType.of("ATAN2", 156, "ATan2Options", 2, 1, options -> new Atan2());

  @Override
  public OpType<Atan2> type() {
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
      case FLOAT32, FLOAT16, BFLOAT16 ->
          ElementwiseKernels.binaryFloats((a, b) -> (float) Math.atan2(a, b));
      case FLOAT64 -> ElementwiseKernels.binaryDoubles(Math::atan2);
      default -> throw operands.unsupportedType();
    };
  }
}
