package dev.whittle.ir.op.shape;

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
 * The rearrangement of batches into blocks of the spatial axes. Operand 1 has the block sizes, and
 * operand 2 the crops before and after each spatial axis.
 */
public record BatchToSpaceNd() implements Op {
  public static final OpType<BatchToSpaceNd> TYPE =
      OpType.of(
          "BATCH_TO_SPACE_ND", 37, "BatchToSpaceNDOptions", 3, 1, options -> new BatchToSpaceNd());

  @Override
  public OpType<BatchToSpaceNd> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(operands.type(0), SpaceBatchKernels.spaceShape(operands)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    return SpaceBatchKernels::toSpace;
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
