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

/** A permutation of axes: axis i of the output is axis {@code operand1[i]} of operand 0. */
public record Transpose() implements StridedViewOp {
  public static final OpType<Transpose> TYPE =
      OpType.of("TRANSPOSE", 39, "TransposeOptions", 2, 1, options -> new Transpose());

  @Override
  public OpType<Transpose> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    long[] permutation = operands.knownIntegers(1);
    if (!shape.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    if (permutation == null) {
      return List.of(new TypedShape(operands.type(0), Shapes.dynamic(shape.rank())));
    }
    if (permutation.length != shape.rank()) {
      throw OperandException.invalid(
          "permutation %s of a tensor of rank %d; expected each axis once",
          Arrays.toString(permutation), shape.rank());
    }
    int[] dims = new int[shape.rank()];
    boolean[] seen = new boolean[shape.rank()];
    for (int i = 0; i < dims.length; i++) {
      int axis = Shapes.axis(permutation[i], shape.rank());
      if (seen[axis]) {
        throw OperandException.invalid(
            "permutation %s has axis %d twice", Arrays.toString(permutation), axis);
      }
      seen[axis] = true;
      dims[i] = shape.dim(axis);
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    return StridedView.kernel(this);
  }

  @Override
  public StridedView view(Shape in, Shape out, IntFunction<long[]> contents) {
    long[] permutation = contents.apply(1);
    long[] strides = Shapes.strides(in.toArray());
    long[] viewStrides = new long[in.rank()];
    for (int i = 0; i < viewStrides.length; i++) {
      viewStrides[i] = strides[Shapes.axis(permutation[i], in.rank())];
    }
    return new StridedView(out.toArray(), viewStrides, 0);
  }

  @Override
  public int version(Operands operands) {
    Shape shape = operands.shape(0);
    int rank = shape.isRankKnown() ? shape.rank() : 4;
    if (rank > 5) {
      return 6;
    }
    return rank > 4 ? 4 : operands.type(0) == TensorType.INT8 ? 2 : 1;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
