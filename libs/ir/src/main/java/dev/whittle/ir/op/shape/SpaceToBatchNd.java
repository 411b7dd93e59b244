package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The rearrangement of blocks of the spatial axes into batches. Operand 1 has the block sizes, and
 * operand 2 the paddings before and after each spatial axis.
 */
public record SpaceToBatchNd() implements Op {
  public static final OpType<SpaceToBatchNd> TYPE =
      OpType.of(
          "SPACE_TO_BATCH_ND", 38, "SpaceToBatchNDOptions", 3, 1, options -> new SpaceToBatchNd());

  @Override
  public OpType<SpaceToBatchNd> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(operands.type(0), SpaceBatchKernels.batchShape(operands)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    Operand input = operands.input(0);
    int zero = input.isQuantized() ? input.requireQuantization().zeroPointValue() : 0;
    return invocation -> SpaceBatchKernels.toBatch(invocation, zero);
  }

  @Override
  public int version(Operands operands) {
    if (operands.type(0) == TensorType.INT16) {
      return 4;
    }
    if (operands.shape(0).isRankKnown() && operands.shape(0).rank() == 3) {
      return 3;
    }
    return operands.type(0) == TensorType.INT8 ? 2 : 1;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8);
  }
}
