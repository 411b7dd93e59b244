package dev.whittle.ir.op.image;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * Non-maximum suppression of overlapping boxes. The operands are boxes {@code [count, 4]} as (y1,
 * x1, y2, x2), scores, the maximum number of boxes, the intersection over union from which a box is
 * suppressed, and the score that a box must exceed. The outputs are the indices of the selected
 * boxes, padded with zeros, and their number.
 */
public record NonMaxSuppressionV4() implements Op {
  public static final OpType<NonMaxSuppressionV4> TYPE =
      OpType.of(
          "NON_MAX_SUPPRESSION_V4",
          120,
          "NonMaxSuppressionV4Options",
          5,
          2,
          options -> new NonMaxSuppressionV4());

  @Override
  public OpType<NonMaxSuppressionV4> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return NonMaxSuppressionKernels.infer(operands, false);
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(0) != TensorType.FLOAT32) {
      throw operands.unsupportedType();
    }
    return NonMaxSuppressionKernels::run;
  }
}
