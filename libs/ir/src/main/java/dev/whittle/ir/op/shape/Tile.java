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
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/** The repetition of operand 0 along each axis. Operand 1 contains the numbers of repetitions. */
public record Tile() implements StridedViewOp {
  public static final OpType<Tile> TYPE =
      OpType.of("TILE", 69, "TileOptions", 2, 1, options -> new Tile());

  @Override
  public OpType<Tile> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    long[] multiples = operands.knownIntegers(1);
    if (!shape.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    int[] dims = new int[shape.rank()];
    for (int i = 0; i < dims.length; i++) {
      if (multiples != null && (multiples.length != dims.length || multiples[i] < 0)) {
        throw OperandException.invalid(
            "repetitions %s of %s; expected a number of at least 0 for each axis",
            Arrays.toString(multiples), shape);
      }
      dims[i] =
          multiples == null || shape.dim(i) == Shape.DYNAMIC
              ? Shape.DYNAMIC
              : Math.toIntExact(Math.multiplyExact(shape.dim(i), multiples[i]));
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
    long[] multiples = contents.apply(1);
    long[] strides = Shapes.strides(in.toArray());
    int[] dimensions = new int[2 * strides.length];
    long[] viewStrides = new long[dimensions.length];
    for (int i = 0; i < strides.length; i++) {
      dimensions[2 * i] = Math.toIntExact(multiples[i]);
      dimensions[2 * i + 1] = in.dim(i);
      viewStrides[2 * i + 1] = strides[i];
    }
    return new StridedView(dimensions, viewStrides, 0);
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8);
  }
}
