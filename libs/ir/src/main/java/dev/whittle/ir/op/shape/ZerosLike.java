package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** Zeros in the shape and type of the operand. */
public record ZerosLike() implements Op {
  public static final OpType<ZerosLike> TYPE =
      OpType.of("ZEROS_LIKE", 93, "ZerosLikeOptions", 1, 1, options -> new ZerosLike());

  @Override
  public OpType<ZerosLike> type() {
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
      case FLOAT32 -> ElementwiseKernels.unaryFloats(x -> 0f);
      case INT32, INT64 -> ElementwiseKernels.unaryIntegers(x -> 0);
      default -> throw operands.unsupportedType();
    };
  }
}
