package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.List;

/**
 * The layout of sequences in the operands of recurrent operators.
 *
 * @param batches the number of sequences
 * @param steps the number of steps of each
 * @param timeMajor whether the steps are the outer dimension
 */
record SequenceLayout(int batches, int steps, boolean timeMajor) {
  /**
   * Returns the layout of {@code [batch, time, in]}, {@code [time, batch, in]} or {@code [batch,
   * in]}.
   */
  static SequenceLayout of(Tensor input, boolean timeMajor) {
    if (input.rank() == 2) {
      return new SequenceLayout(input.dim(0), 1, false);
    }
    return timeMajor
        ? new SequenceLayout(input.dim(1), input.dim(0), true)
        : new SequenceLayout(input.dim(0), input.dim(1), false);
  }

  /** Returns the row of the operand that has a step of a sequence. */
  long row(int batch, int step) {
    return timeMajor ? (long) step * batches + batch : (long) batch * steps + step;
  }

  /**
   * Returns the multiply-accumulate operations of recurrent layers: each row of the sequence is
   * multiplied with each constant matrix. The result is 0 if the shape is not static.
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
   * Returns the outputs of a bidirectional layer.
   *
   * @param operands the operands
   * @param merged whether one output has the units of both layers
   * @param forward the units of the forward layer, which may be {@link Shape#DYNAMIC}
   * @param backward the units of the backward layer, which may be {@link Shape#DYNAMIC}
   */
  static List<TypedShape> outputs(Operands operands, boolean merged, int forward, int backward) {
    boolean dynamic = forward == Shape.DYNAMIC || backward == Shape.DYNAMIC;
    int[] widths =
        merged
            ? new int[] {dynamic ? Shape.DYNAMIC : forward + backward}
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
