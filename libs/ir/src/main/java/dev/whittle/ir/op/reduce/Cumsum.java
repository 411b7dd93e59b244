package dev.whittle.ir.op.reduce;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The cumulative sum along the axis that operand 1 contains.
 *
 * @param exclusive whether the sum does not include the element itself
 * @param reverse whether the sum starts at the end of the axis
 */
public record Cumsum(boolean exclusive, boolean reverse) implements Op {
  public static final OpType<Cumsum> TYPE =
      OpType.of(
          "CUMSUM",
          128,
          "CumsumOptions",
          2,
          1,
          options -> new Cumsum(options.flag("exclusive", false), options.flag("reverse", false)));

  @Override
  public OpType<Cumsum> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("exclusive", exclusive).with("reverse", reverse);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32, INT32, INT64 -> this::run;
      default -> throw operands.unsupportedType();
    };
  }

  private void run(Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    int axis = Shapes.axis(invocation.input(1).getInteger(0), in.rank());
    long inner = Shapes.product(in.dims(), axis + 1, in.rank());
    long length = in.dim(axis);
    long outer = Shapes.product(in.dims(), 0, axis);
    for (long o = 0; o < outer; o++) {
      for (long i = 0; i < inner; i++) {
        sumLine(in, out, o * length * inner + i, length, inner);
      }
    }
  }

  private void sumLine(Tensor in, Tensor out, long first, long length, long step) {
    boolean real = in.type() == TensorType.FLOAT32;
    float realSum = 0;
    long sum = 0;
    for (long k = 0; k < length; k++) {
      long index = first + (reverse ? length - 1 - k : k) * step;
      float realBefore = realSum;
      long before = sum;
      if (real) {
        realSum += in.getFloat(index);
        out.setFloat(index, exclusive ? realBefore : realSum);
      } else {
        sum += in.getInteger(index);
        out.setInteger(index, exclusive ? before : sum);
      }
    }
  }
}
