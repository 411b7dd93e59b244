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
import java.util.Collections;
import java.util.List;

/**
 * The slices of the operand along an axis, which the outputs lack.
 *
 * @param count the number of slices
 * @param axis the axis, counted from the end if negative
 */
public record Unpack(int count, int axis) implements Op {
  public static final OpType<Unpack> TYPE =
      OpType.of(
              "UNPACK",
              88,
              "UnpackOptions",
              1,
              1,
              options -> new Unpack(options.integer("num", 0), options.integer("axis", 0)))
          .withMaxOutputs(OpType.MANY);

  @Override
  public OpType<Unpack> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("num", count).with("axis", axis);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    if (count < 0 || count > 1 << 20) {
      throw OperandException.invalid("cannot unpack %d slices; expected 0 to 2^20", count);
    }
    if (!shape.isRankKnown()) {
      return Collections.nCopies(count, new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    int axisIndex = Shapes.axis(axis, shape.rank());
    if (shape.dim(axisIndex) != count && shape.dim(axisIndex) != Shape.DYNAMIC) {
      throw OperandException.invalid(
          "cannot unpack %d slices of %s along axis %d", count, shape, axis);
    }
    int[] dims = new int[shape.rank() - 1];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.dim(i < axisIndex ? i : i + 1);
    }
    return Collections.nCopies(count, new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    return this::run;
  }

  private void run(Invocation invocation) {
    Tensor in = invocation.input(0);
    int axisIndex = Shapes.axis(axis, in.rank());
    long outer = Shapes.product(in.dims(), 0, axisIndex);
    long slice = Shapes.product(in.dims(), axisIndex + 1, in.rank());
    for (int n = 0; n < invocation.outputCount(); n++) {
      for (long o = 0; o < outer; o++) {
        long from = (o * count + n) * slice;
        Tensor.copy(in, from, invocation.output(n), o * slice, slice);
      }
    }
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8, UINT8, BOOL -> 2;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
