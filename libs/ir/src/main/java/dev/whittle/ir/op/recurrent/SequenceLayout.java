package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.List;

/**
 * How the steps of samples lie in the operands of recurrent operators.
 *
 * @param timeMajor whether all samples of one step lie together
 */
record SequenceLayout(int batches, int steps, boolean timeMajor) {
  /** Of an input {@code [batch, time, in]} or {@code [time, batch, in]}, or of one step. */
  static SequenceLayout of(Tensor input, boolean timeMajor) {
    if (input.rank() == 2) {
      return new SequenceLayout(input.dim(0), 1, false);
    }
    return timeMajor
        ? new SequenceLayout(input.dim(1), input.dim(0), true)
        : new SequenceLayout(input.dim(0), input.dim(1), false);
  }

  /** Which row of the operand a step of a sample is. */
  long row(int batch, int step) {
    return timeMajor ? (long) step * batches + batch : (long) batch * steps + step;
  }

  /**
   * Products that layers over a sequence sum: each of its rows meets every matrix that a constant
   * holds. Zero where extents are not known.
   */
  static long multiplyAccumulates(Operands operands) {
    Shape sequence = operands.shape(0);
    if (!sequence.isStatic() || sequence.rank() == 0) {
      return 0;
    }
    long weights = 0;
    for (int i = 1; i < operands.inputCount(); i++) {
      boolean matrix =
          operands.hasInput(i)
              && operands.input(i).known() != null
              && operands.shape(i).rank() == 2;
      weights += matrix ? operands.shape(i).elements() : 0;
    }
    return sequence.elements() / Math.max(1, sequence.dim(sequence.rank() - 1)) * weights;
  }

  /**
   * What two layers over one sequence give, each {@code [.., .., its units]}, or one output with
   * the units of both.
   *
   * @param forward units of the first layer; {@link Shape#DYNAMIC} where they are not known
   * @param backward units of the second
   */
  static List<TypedShape> outputs(Operands operands, boolean merged, int forward, int backward) {
    boolean open = forward == Shape.DYNAMIC || backward == Shape.DYNAMIC;
    int[] widths =
        merged
            ? new int[] {open ? Shape.DYNAMIC : forward + backward}
            : new int[] {forward, backward};
    Shape input = operands.shape(0);
    List<TypedShape> outputs = new ArrayList<>();
    for (int width : widths) {
      Shape shape =
          input.isRankKnown() && input.rank() == 3
              ? Shape.of(input.dim(0), input.dim(1), width)
              : Shapes.dynamic(3);
      outputs.add(new TypedShape(operands.type(0), shape));
    }
    return outputs;
  }
}
