package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
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

/** The insertion of a dimension of size 1 before the axis that operand 1 contains. */
public record ExpandDims() implements Op {
  public static final OpType<ExpandDims> TYPE =
      OpType.of("EXPAND_DIMS", 70, "ExpandDimsOptions", 2, 1, options -> new ExpandDims());

  @Override
  public OpType<ExpandDims> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    long[] axis = operands.knownIntegers(1);
    if (!shape.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    if (axis == null) {
      return List.of(new TypedShape(operands.type(0), Shapes.dynamic(shape.rank() + 1)));
    }
    if (axis.length != 1) {
      throw OperandException.invalid("operand 1 has %d axes; expected 1", axis.length);
    }
    int inserted = Shapes.axis(axis[0], shape.rank() + 1);
    int[] dims = new int[shape.rank() + 1];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = i == inserted ? 1 : shape.dim(i < inserted ? i : i - 1);
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation -> invocation.output(0).copyBytesFrom(invocation.input(0));
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
