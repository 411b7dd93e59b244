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

/** The broadcast of operand 0 to the shape that operand 1 contains. */
public record BroadcastTo() implements StridedViewOp {
  public static final OpType<BroadcastTo> TYPE =
      OpType.of("BROADCAST_TO", 130, "BroadcastToOptions", 2, 1, options -> new BroadcastTo());

  @Override
  public OpType<BroadcastTo> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    long[] shape = operands.knownIntegers(1);
    if (shape == null) {
      Shape vector = operands.shape(1);
      boolean known = vector.isStatic() && vector.rank() == 1;
      Shape unknown = known ? Shapes.dynamic((int) vector.elements()) : Shape.UNKNOWN;
      return List.of(new TypedShape(operands.type(0), unknown));
    }
    Shape target = Shapes.ofContents(shape);
    Shape result = Shapes.broadcast(operands.shape(0), target);
    if (result.isStatic() && !result.equals(target)) {
      throw OperandException.invalid(
          "shape %s does not broadcast to %s", operands.shape(0), target);
    }
    return List.of(new TypedShape(operands.type(0), target));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    return StridedView.kernel(this);
  }

  @Override
  public StridedView view(Shape in, Shape out, IntFunction<long[]> contents) {
    long[] strides = Shapes.strides(in.toArray());
    long[] viewStrides = new long[out.rank()];
    for (int i = 0; i < strides.length; i++) {
      viewStrides[viewStrides.length - strides.length + i] = in.dim(i) == 1 ? 0 : strides[i];
    }
    return new StridedView(out.toArray(), viewStrides, 0);
  }

  @Override
  public int version(Operands operands) {
    return 2;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
