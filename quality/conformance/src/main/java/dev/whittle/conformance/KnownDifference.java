package dev.whittle.conformance;

import static dev.whittle.ir.tensor.TensorType.FLOAT32;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.image.NonMaxSuppressionV4;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import java.util.function.Consumer;

/**
 * A case in which the native runtime (2.20, built-in kernels) computes something that Whittle does
 * not follow (decision 013).
 *
 * @param name a short name, for messages
 * @param reason the native runtime's behavior
 * @param generate fills one case
 */
public record KnownDifference(String name, String reason, Consumer<CaseBuilder> generate) {
  /** All known differences. */
  public static final List<KnownDifference> ALL =
      List.of(
          new KnownDifference(
              "suppression-of-boxes-without-area",
              "a selected box without area is selected repeatedly; TensorFlow selects it once",
              KnownDifference::boxesWithoutArea),
          new KnownDifference(
              "ellipsis-for-no-axes",
              "an ellipsis that stands for no axes shifts the bounds of the axes after it",
              KnownDifference::ellipsisForNoAxes),
          new KnownDifference(
              "peephole-beside-a-projection",
              "integer peephole weights are indexed by outputs instead of cells",
              b -> RecurrentCases.integerLstm(b, false, true)),
          new KnownDifference(
              "hybrid-weights-by-channel-with-symmetric-inputs",
              "per-channel scales are ignored if inputs are quantized symmetrically",
              DenseCases::symmetricByChannel));

  private static void boxesWithoutArea(CaseBuilder b) {
    Tensor boxes = Tensor.of(new float[] {0, 0, 0, 0.5f, 0, 0, 1, 1, 2, 2, 3, 3}, 3, 4);
    b.outputs(
        2,
        new NonMaxSuppressionV4(),
        b.input(boxes),
        b.input(Tensor.of(new float[] {0.9f, 0.8f, 0.7f}, 3)),
        b.constant(Tensor.of(new int[] {3})),
        b.constant(Tensor.of(new float[] {0.5f})),
        b.constant(Tensor.of(new float[] {0})));
  }

  private static void ellipsisForNoAxes(CaseBuilder b) {
    Value x = b.input(FLOAT32, 6, 3);
    b.output(
        new StridedSlice(6, 4, 1, 0, 0, false),
        x,
        b.constant(0, 0, 0),
        b.constant(0, 4, 0),
        b.constant(1, 1, 1));
  }

  @Override
  public String toString() {
    return name + ": " + reason;
  }
}
