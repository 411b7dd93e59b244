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

/** The bitwise exclusive or of integers, with broadcasting. */
public record BitwiseXor() implements Op {
  public static final OpType<BitwiseXor> TYPE =
      OpType.of("BITWISE_XOR", 160, "BitwiseXorOptions", 2, 1, options -> new BitwiseXor());

  @Override
  public OpType<BitwiseXor> type() {
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
          ElementwiseKernels.binaryIntegers((a, b) -> a ^ b);
      default -> throw operands.unsupportedType();
    };
  }
}
