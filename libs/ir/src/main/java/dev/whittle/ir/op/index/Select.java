package dev.whittle.ir.op.index;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The elements of operand 1 if operand 0 is true, otherwise of operand 2, which has the same shape.
 * The condition has that shape too, or is a scalar, or has a boolean for each row.
 */
public record Select() implements Op {
  public static final OpType<Select> TYPE =
      OpType.of("SELECT", 64, "SelectOptions", 3, 1, options -> new Select());

  @Override
  public OpType<Select> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(operands.type(1), operands.shape(1)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    SelectKernels.requireFixedSize(operands);
    return SelectKernels::rows;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8);
  }
}
