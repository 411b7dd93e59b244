package dev.whittle.conformance;

import static dev.whittle.ir.tensor.TensorType.FLOAT32;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.image.NonMaxSuppressionV4;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.tensor.Tensor;
import java.util.Map;
import java.util.function.Consumer;

/** Cases in which the native runtime does something that Whittle does not follow, by name. */
public final class KnownDifferences {
  public static final Map<String, Consumer<CaseBuilder>> ALL =
      Map.of(
          "suppression-of-boxes-without-area", KnownDifferences::boxesWithoutArea,
          "ellipsis-for-no-axes", KnownDifferences::ellipsisForNoAxes,
          "peephole-beside-a-projection", b -> RecurrentCases.integerLstm(b, false, true),
          "hybrid-weights-by-channel-with-symmetric-inputs", DenseCases::symmetricByChannel);

  private KnownDifferences() {}

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
}
