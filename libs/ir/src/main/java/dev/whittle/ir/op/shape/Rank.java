package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The rank of the operand, a scalar. */
public record Rank() implements Op {
  public static final OpType<Rank> TYPE =
      OpType.of("RANK", 110, "RankOptions", 1, 1, options -> new Rank());

  @Override
  public OpType<Rank> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(TensorType.INT32, Shape.SCALAR));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation -> invocation.output(0).setInt(0, invocation.input(0).rank());
  }

  @Override
  public boolean readsOnlyShapes() {
    return true;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.NONE, TensorType.INT8, TensorType.INT16);
  }
}
