package dev.whittle.ir.op.image;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Shape inference and reference kernel of {@link NonMaxSuppressionV4} and {@link
 * NonMaxSuppressionV5}.
 */
final class NonMaxSuppressionKernels {
  private NonMaxSuppressionKernels() {}

  /**
   * A box that may be selected.
   *
   * @param box the index of the box
   * @param score its score, decayed by the selected boxes that it was compared with
   * @param seen the number of selected boxes that it was compared with
   */
  private record Candidate(int box, float score, int seen) {}

  static List<TypedShape> infer(Operands operands, boolean withScores) {
    long[] limit = operands.knownIntegers(2);
    Shape selected = Shape.of(limit == null ? Shape.DYNAMIC : Shapes.ofContents(limit).dim(0));
    List<TypedShape> types = new ArrayList<>();
    types.add(new TypedShape(TensorType.INT32, selected));
    if (withScores) {
      types.add(new TypedShape(TensorType.FLOAT32, selected));
    }
    types.add(new TypedShape(TensorType.INT32, Shape.SCALAR));
    return types;
  }

  static void run(Invocation invocation) {
    Tensor boxes = invocation.input(0);
    Tensor scores = invocation.input(1);
    if (boxes.rank() != 2 || boxes.dim(1) != 4 || scores.elements() != boxes.dim(0)) {
      throw OperandException.invalid(
          "boxes %s and scores %s; expected [count, 4] and [count]", boxes.shape(), scores.shape());
    }
    int limit = Shapes.ofContents(invocation.input(2).toLongs()).dim(0);
    float maxOverlap = invocation.input(3).getFloat(0);
    float minScore = invocation.input(4).getFloat(0);
    float sigma = invocation.inputCount() > 5 ? invocation.input(5).getFloat(0) : 0;
    var selected = select(boxes, scores, limit, maxOverlap, minScore, sigma);
    Tensor indices = invocation.output(0);
    indices.resize(limit);
    indices.data().fill((byte) 0);
    boolean withScores = invocation.outputCount() > 2;
    if (withScores) {
      invocation.output(1).resize(limit);
      invocation.output(1).data().fill((byte) 0);
    }
    for (int i = 0; i < selected.size(); i++) {
      indices.setInt(i, selected.get(i).box);
      if (withScores) {
        invocation.output(1).setFloat(i, selected.get(i).score);
      }
    }
    invocation.output(withScores ? 2 : 1).setInt(0, selected.size());
  }

  /**
   * Returns the selected boxes in the order of their selection, with soft suppression (N. Bodla et
   * al., "Soft-NMS", 2017) for a positive {@code sigma}.
   */
  private static List<Candidate> select(
      Tensor boxes, Tensor scores, int limit, float maxOverlap, float minScore, float sigma) {
    // By descending score, then by ascending index.
    var candidates =
        new PriorityQueue<Candidate>(
            (a, b) ->
                a.score != b.score
                    ? Float.compare(b.score, a.score)
                    : Integer.compare(a.box, b.box));
    for (int i = 0; i < boxes.dim(0); i++) {
      if (scores.getFloat(i) > minScore) {
        candidates.add(new Candidate(i, scores.getFloat(i), 0));
      }
    }
    float decay = sigma > 0 ? -0.5f / sigma : 0;
    List<Candidate> selected = new ArrayList<>();
    while (selected.size() < limit && !candidates.isEmpty()) {
      Candidate next = candidates.remove();
      float score = next.score;
      boolean suppressed = false;
      for (int j = selected.size() - 1; j >= next.seen && !suppressed && score > minScore; j--) {
        float overlap = overlap(boxes, next.box, selected.get(j).box);
        suppressed = overlap >= maxOverlap;
        if (!suppressed && sigma > 0) {
          score *= (float) Math.exp(decay * overlap * overlap);
        }
      }
      if (!suppressed && score == next.score) {
        selected.add(next);
      } else if (!suppressed && score > minScore) {
        candidates.add(new Candidate(next.box, score, selected.size()));
      }
    }
    return selected;
  }

  /** Returns the intersection over union of two boxes; 0 for boxes without area. */
  private static float overlap(Tensor boxes, int i, int j) {
    float top = Math.max(low(boxes, i, 0), low(boxes, j, 0));
    float left = Math.max(low(boxes, i, 1), low(boxes, j, 1));
    float bottom = Math.min(high(boxes, i, 0), high(boxes, j, 0));
    float right = Math.min(high(boxes, i, 1), high(boxes, j, 1));
    float areaI = area(boxes, i);
    float areaJ = area(boxes, j);
    if (areaI <= 0 || areaJ <= 0) {
      return 0;
    }
    float intersection = Math.max(bottom - top, 0) * Math.max(right - left, 0);
    return intersection / (areaI + areaJ - intersection);
  }

  private static float area(Tensor boxes, int i) {
    return (high(boxes, i, 0) - low(boxes, i, 0)) * (high(boxes, i, 1) - low(boxes, i, 1));
  }

  private static float low(Tensor boxes, int i, int axis) {
    return Math.min(boxes.getFloat(4L * i + axis), boxes.getFloat(4L * i + axis + 2));
  }

  private static float high(Tensor boxes, int i, int axis) {
    return Math.max(boxes.getFloat(4L * i + axis), boxes.getFloat(4L * i + axis + 2));
  }
}
