package dev.whittle.ir.op.shape;

import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A slice of operand 0. Operand 1 contains the first index of each axis, and operand 2 the size; -1
 * for the rest of the axis.
 */
public record Slice() implements StridedViewOp {
  public static final OpType<Slice> TYPE =
      OpType.of("SLICE", 65, "SliceOptions", 3, 1, options -> new Slice());

  @Override
  public OpType<Slice> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    long[] begin = operands.knownIntegers(1);
    long[] size = operands.knownIntegers(2);
    if (!shape.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    int[] dims = new int[shape.rank()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = size == null ? Shape.DYNAMIC : dimension(shape, i, begin, size);
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(0) != TensorType.STRING) {
      operands.type(0).requireWholeBytes();
    }
    return StridedView.kernel(this);
  }

  @Override
  public StridedView view(Shape in, Shape out, IntFunction<long[]> contents) {
    long[] begin = contents.apply(1);
    long[] strides = Shapes.strides(in.toArray());
    long offset = 0;
    for (int i = 0; i < strides.length; i++) {
      offset += begin[i] * strides[i];
    }
    return new StridedView(out.toArray(), strides, offset);
  }

  private static int dimension(Shape shape, int axis, long @Nullable [] begin, long[] size) {
    if (size.length != shape.rank() || (begin != null && begin.length != shape.rank())) {
      throw OperandException.invalid(
          "slice of %s has %d sizes; expected a begin and a size for each axis",
          shape, size.length);
    }
    int full = shape.dim(axis);
    long start = begin == null ? 0 : begin[axis];
    boolean unknown = begin == null || full == Shape.DYNAMIC;
    if (size[axis] == -1 && unknown) {
      return Shape.DYNAMIC;
    }
    long dimension = size[axis] == -1 ? full - start : size[axis];
    if (start < 0 || dimension < 0 || (!unknown && dimension > full - start)) {
      throw OperandException.invalid(
          "slice of size %d from index %d is outside axis %d of %s",
          size[axis], start, axis, shape);
    }
    return Math.toIntExact(dimension);
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8 -> 2;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
