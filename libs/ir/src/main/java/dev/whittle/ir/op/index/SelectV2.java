package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The elements of operand 1 if operand 0 is true, otherwise of operand 2. All three broadcast. */
public record SelectV2() implements Op {
  public static final OpType<SelectV2> TYPE =
      OpType.of("SELECT_V2", 123, "SelectV2Options", 3, 1, options -> new SelectV2());

  @Override
  public OpType<SelectV2> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape values = Shapes.broadcast(operands.shape(1), operands.shape(2));
    return List.of(new TypedShape(operands.type(1), Shapes.broadcast(operands.shape(0), values)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    SelectKernels.requireFixedSize(operands);
    return SelectKernels.broadcast();
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8);
  }
}
