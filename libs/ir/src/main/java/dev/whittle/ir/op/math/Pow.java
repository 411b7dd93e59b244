package dev.whittle.ir.op.math;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.ElementwiseKernels;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The power {@code a^b}, with broadcasting. */
public record Pow() implements Op {
  public static final OpType<Pow> TYPE =
      OpType.of("POW", 78, "PowOptions", 2, 1, options -> new Pow());

  @Override
  public OpType<Pow> type() {
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
      case FLOAT32 -> ElementwiseKernels.binaryFloats((a, b) -> (float) Math.pow(a, b));
      case INT32 -> ElementwiseKernels.binaryIntegers(Pow::power);
      default -> throw operands.unsupportedType();
    };
  }

  /** Returns {@code a^b} by repeated squaring; it wraps around. */
  private static long power(long a, long b) {
    if (b < 0) {
      throw OperandException.invalid("negative exponent %d of an integer power", b);
    }
    long result = 1;
    long square = a;
    for (long bits = b; bits > 0; bits >>= 1) {
      result *= (bits & 1) == 1 ? square : 1;
      square *= square;
    }
    return result;
  }
}
