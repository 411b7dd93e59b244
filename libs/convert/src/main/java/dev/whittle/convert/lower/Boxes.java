package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.image.NonMaxSuppressionV4;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.shape.Pack;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The best boxes of all classes, found image by image and class by class. */
public final class Boxes {
  /** Each class of each image is a node. */
  private static final int MAX_NODES = 4096;

  private final Emitter emit;
  private final Limits limits;

  /**
   * The limits of a selection.
   *
   * @param perClass the number of boxes of one class of an image
   * @param total the number of boxes of an image
   * @param overlap the intersection over the union from which on the lower score is dropped, a
   *     float scalar
   * @param score the least score, a float scalar
   */
  public record Limits(int perClass, int total, Value overlap, Value score) {}

  /**
   * The boxes of all images, best first, with zeros behind them.
   *
   * @param boxes {@code [images, total, 4]}
   * @param scores {@code [images, total]}
   * @param classes floats, likewise
   * @param counts int32 {@code [images]}
   */
  public record Selected(Value boxes, Value scores, Value classes, Value counts) {}

  private Boxes(Emitter emit, Limits limits) {
    this.emit = emit;
    this.limits = limits;
  }

  /**
   * Selects boxes as TensorFlow's {@code CombinedNonMaxSuppression}.
   *
   * @param boxes {@code [images, boxes, 1 or classes, 4]}
   * @param scores {@code [images, boxes, classes]}
   * @throws OperandException if the number of images, boxes or classes is unknown, or too large
   */
  public static Selected select(Emitter emit, Value boxes, Value scores, Limits limits) {
    int images = Emitter.fixedDimension(scores, 0);
    int classes = Emitter.fixedDimension(scores, 2);
    if ((long) images * classes > MAX_NODES || images < 1 || classes < 1) {
      throw OperandException.unsupported(
          "suppression in %d images with %d classes; expected 1 to %d together",
          images, classes, MAX_NODES);
    }
    var selection = new Boxes(emit, limits);
    List<Selected> all = new ArrayList<>();
    for (int i = 0; i < images; i++) {
      all.add(selection.image(emit.select(boxes, 0, i), emit.select(scores, 0, i)));
    }
    return new Selected(
        selection.pack(all.stream().map(Selected::boxes).toList()),
        selection.pack(all.stream().map(Selected::scores).toList()),
        selection.pack(all.stream().map(Selected::classes).toList()),
        selection.pack(all.stream().map(Selected::counts).toList()));
  }

  private Value pack(List<Value> parts) {
    return emit.node(new Pack(parts.size(), 0), parts.toArray(new Value[0]));
  }

  /**
   * Selects in one image; boxes {@code [boxes, 1 or classes, 4]}, scores {@code [boxes, classes]}.
   */
  private Selected image(Value boxes, Value scores) {
    int classes = Emitter.dim(scores, 1);
    boolean shared = Emitter.fixedDimension(boxes, 1) == 1;
    int kept = Math.min(limits.perClass, Emitter.fixedDimension(scores, 0));
    List<Value> boxParts = new ArrayList<>();
    List<Value> scoreParts = new ArrayList<>();
    Value count = emit.scalar(0);
    for (int c = 0; c < classes; c++) {
      Value own = emit.select(boxes, 1, shared ? 0 : c);
      Value ownScores = emit.select(scores, 1, c);
      List<Value> found =
          emit.nodes(
              2,
              new NonMaxSuppressionV4(),
              own,
              ownScores,
              emit.scalar(kept),
              limits.overlap,
              limits.score);
      boxParts.add(emit.gather(own, found.get(0), 0));
      scoreParts.add(masked(emit.gather(ownScores, found.get(0), 0), found.get(1), kept));
      count = emit.add(count, found.get(1));
    }
    return best(
        emit.concat(0, boxParts), emit.concat(0, scoreParts), classNumbers(classes, kept), count);
  }

  /** Replaces the scores behind those found by the lowest number. */
  private Value masked(Value scores, Value count, int length) {
    return emit.where(isFound(count, length), scores, emit.scalar(-Float.MAX_VALUE));
  }

  private Value isFound(Value count, int length) {
    int[] places = new int[length];
    for (int i = 0; i < length; i++) {
      places[i] = i;
    }
    return emit.node(new Less(), emit.ints(places), emit.reshape(count, 1));
  }

  private Value classNumbers(int classes, int kept) {
    float[] numbers = new float[Math.multiplyExact(classes, kept)];
    for (int c = 0; c < classes; c++) {
      Arrays.fill(numbers, c * kept, (c + 1) * kept, c);
    }
    return emit.constant("classes", Tensor.of(numbers, numbers.length));
  }

  private Selected best(Value boxes, Value scores, Value classes, Value found) {
    int candidates = Emitter.dim(scores, 0);
    int kept = Math.min(limits.total, candidates);
    List<Value> top = emit.nodes(2, new TopKV2(), scores, emit.scalar(kept));
    Value count = emit.min(found, kept);
    Value isFound = isFound(count, kept);
    Value zero = emit.scalar(0f);
    Value places = emit.cast(top.get(1), TensorType.INT32);
    int missing = limits.total - kept;
    return new Selected(
        emit.pad(
            emit.where(emit.expandDims(isFound, 1), emit.gather(boxes, places, 0), zero),
            0,
            missing,
            0,
            0),
        emit.pad(emit.where(isFound, top.get(0), zero), 0, missing),
        emit.pad(emit.where(isFound, emit.gather(classes, places, 0), zero), 0, missing),
        count);
  }
}
