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
 * Non-maximum suppression of overlapping boxes with decayed scores. The first five operands are
 * those of {@link NonMaxSuppressionV4}; operand 5 is the sigma of the decay, 0 for none. The
 * outputs are the indices and scores of the selected boxes, padded with zeros, and their number.
 */
public record NonMaxSuppressionV5() implements Op {
  public static final OpType<NonMaxSuppressionV5> TYPE =
      OpType.of(
          "NON_MAX_SUPPRESSION_V5",
          121,
          "NonMaxSuppressionV5Options",
          6,
          3,
          options -> new NonMaxSuppressionV5());

  @Override
  public OpType<NonMaxSuppressionV5> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return NonMaxSuppressionKernels.infer(operands, true);
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(0) != TensorType.FLOAT32) {
      throw operands.unsupportedType();
    }
    return NonMaxSuppressionKernels::run;
  }
}
