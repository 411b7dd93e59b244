package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The numbers from operand 0 to before operand 1 in steps of operand 2, all scalars. */
public record Range() implements Op {
  public static final OpType<Range> TYPE =
      OpType.of("RANGE", 96, "RangeOptions", 3, 1, options -> new Range());

  @Override
  public OpType<Range> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Tensor start = operands.input(0).known();
    Tensor limit = operands.input(1).known();
    Tensor step = operands.input(2).known();
    int length =
        start == null || limit == null || step == null ? Shape.DYNAMIC : length(start, limit, step);
    return List.of(new TypedShape(operands.type(0), Shape.of(length)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> this::floats;
      case INT32, INT64 -> this::integers;
      default -> throw operands.unsupportedType();
    };
  }

  private static int length(Tensor start, Tensor limit, Tensor step) {
    if (start.elements() != 1 || limit.elements() != 1 || step.elements() != 1) {
      throw OperandException.invalid(
          "start, limit and step have %d, %d and %d elements; expected scalars",
          start.elements(), limit.elements(), step.elements());
    }
    double from = start.getReal(0);
    double to = limit.getReal(0);
    double by = step.getReal(0);
    if (by == 0 || (from < to && by < 0) || (from > to && by > 0)) {
      throw OperandException.invalid(
          "a step of %3$s does not lead from %1$s to %2$s", from, to, by);
    }
    // The built-in kernel counts steps of floats in single precision.
    double steps =
        start.type() == TensorType.FLOAT32
            ? ((float) to - (float) from) / (float) by
            : (to - from) / by;
    double length = Math.ceil(Math.abs(steps));
    if (!(length <= Integer.MAX_VALUE)) {
      throw OperandException.invalid("a range has %s numbers; expected at most 2^31 - 1", length);
    }
    return (int) length;
  }

  private void floats(Invocation invocation) {
    float value = invocation.input(0).getFloat(0);
    float step = invocation.input(2).getFloat(0);
    Tensor out = invocation.output(0);
    for (long i = 0; i < out.elements(); i++) {
      out.setFloat(i, value);
      value += step;
    }
  }

  private void integers(Invocation invocation) {
    long start = invocation.input(0).getInteger(0);
    long step = invocation.input(2).getInteger(0);
    Tensor out = invocation.output(0);
    for (long i = 0; i < out.elements(); i++) {
      out.setInteger(i, start + i * step);
    }
  }
}
