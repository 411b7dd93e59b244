package dev.whittle.ir.op.type;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.Arrays;
import java.util.List;

/**
 * The bytes of the operand as elements of the output's type. If elements become smaller, the output
 * has one more axis at the end; if they become larger, one less.
 */
public record Bitcast() implements Op {
  public static final OpType<Bitcast> TYPE =
      OpType.of("BITCAST", 159, "BitcastOptions", 1, 1, options -> new Bitcast());

  @Override
  public OpType<Bitcast> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    TensorType type = operands.output(0).type();
    Shape shape = operands.shape(0);
    int from = operands.type(0).bits();
    int to = type.bits();
    if (from < 8 || to < 8) {
      throw OperandException.unsupported(
          "no kernel for a bitcast from %s to %s", operands.type(0), type);
    }
    if (!shape.isRankKnown() || from == to) {
      return List.of(new TypedShape(type, shape));
    }
    int rank = shape.rank();
    if (from > to) {
      int[] dims = Arrays.copyOf(shape.toArray(), rank + 1);
      dims[rank] = from / to;
      return List.of(new TypedShape(type, Shape.of(dims)));
    }
    if (rank == 0 || (shape.dim(rank - 1) != Shape.DYNAMIC && shape.dim(rank - 1) != to / from)) {
      throw OperandException.invalid(
          "cannot cast the bits of %s %s to %s; expected a last dimension of %d",
          operands.type(0), shape, type, to / from);
    }
    return List.of(new TypedShape(type, Shape.of(Arrays.copyOf(shape.toArray(), rank - 1))));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation -> invocation.output(0).data().copyFrom(invocation.input(0).data());
  }
}
