package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The stack of the operands, all of one shape, along a new axis.
 *
 * @param count the number of operands that the file states
 * @param axis the axis in the output, counted from the end if negative
 */
public record Pack(int count, int axis) implements Op {
  public static final OpType<Pack> TYPE =
      OpType.of(
              "PACK",
              83,
              "PackOptions",
              1,
              1,
              options -> new Pack(options.integer("values_count", 0), options.integer("axis", 0)))
          .withMaxInputs(OpType.MANY);

  @Override
  public OpType<Pack> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("values_count", count).with("axis", axis);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    if (!shape.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    for (int n = 1; n < operands.inputCount(); n++) {
      if (operands.type(n) != operands.type(0) || !Shapes.mayEqual(operands.shape(n), shape)) {
        throw OperandException.invalid(
            "cannot pack %s %s and %s %s; expected one type and shape",
            operands.type(0), shape, operands.type(n), operands.shape(n));
      }
    }
    int axisIndex = Shapes.axis(axis, shape.rank() + 1);
    int[] dims = new int[shape.rank() + 1];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = i == axisIndex ? operands.inputCount() : shape.dim(i < axisIndex ? i : i - 1);
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    return this::run;
  }

  private void run(Invocation invocation) {
    Tensor out = invocation.output(0);
    int axisIndex = Shapes.axis(axis, out.rank());
    long outer = Shapes.product(out.dims(), 0, axisIndex);
    long slice = Shapes.product(out.dims(), axisIndex + 1, out.rank());
    for (int n = 0; n < invocation.inputCount(); n++) {
      for (long o = 0; o < outer; o++) {
        long to = (o * invocation.inputCount() + n) * slice;
        Tensor.copy(invocation.input(n), o * slice, out, to, slice);
      }
    }
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8, UINT8 -> 2;
      case INT16 -> 3;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
