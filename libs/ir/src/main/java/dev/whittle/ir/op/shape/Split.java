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
 * The split of operand 1 into equal parts along the axis that operand 0 contains.
 *
 * @param count the number of parts
 */
public record Split(int count) implements Op {
  public static final OpType<Split> TYPE =
      OpType.of(
              "SPLIT",
              49,
              "SplitOptions",
              2,
              1,
              options -> new Split(options.integer("num_splits", 0)))
          .withMaxOutputs(OpType.MANY);

  @Override
  public OpType<Split> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable()).with("num_splits", count);
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    if (count < 1 || (operands.outputCount() > 0 && operands.outputCount() != count)) {
      throw OperandException.invalid(
          "splits into %d parts, but has %d outputs", count, operands.outputCount());
    }
    Shape shape = operands.shape(1);
    long[] axis = operands.knownIntegers(0);
    Shape part = Shape.UNKNOWN;
    if (shape.isRankKnown() && axis == null) {
      part = Shapes.dynamic(shape.rank());
    } else if (shape.isRankKnown() && axis != null) {
      part = part(shape, axis);
    }
    return Collections.nCopies(count, new TypedShape(operands.type(1), part));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(1).requireWholeBytes();
    return invocation -> {
      Tensor in = invocation.input(1);
      run(invocation, in, Shapes.axis(invocation.input(0).getInteger(0), in.rank()));
    };
  }

  private Shape part(Shape shape, long[] axis) {
    if (axis.length != 1) {
      throw OperandException.invalid("operand 0 has %d axes; expected 1", axis.length);
    }
    int axisIndex = Shapes.axis(axis[0], shape.rank());
    int[] dims = shape.toArray();
    if (dims[axisIndex] != Shape.DYNAMIC) {
      if (dims[axisIndex] % count != 0) {
        throw OperandException.invalid(
            "cannot split axis %d of %s into %d equal parts", axisIndex, shape, count);
      }
      dims[axisIndex] /= count;
    }
    return Shape.of(dims);
  }

  /** Copies consecutive slices of a tensor along an axis to the outputs, each of its own size. */
  static void run(Invocation invocation, Tensor in, int axis) {
    long outer = Shapes.product(in.dims(), 0, axis);
    long row = Shapes.product(in.dims(), axis, in.rank());
    long offset = 0;
    for (int n = 0; n < invocation.outputCount(); n++) {
      Tensor out = invocation.output(n);
      long slice = Shapes.product(out.dims(), axis, out.rank());
      for (long o = 0; o < outer; o++) {
        Tensor.copy(in, o * row + offset, out, o * slice, slice);
      }
      offset += slice;
    }
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
