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

/** Typing and reference kernel of the operators that choose among overlapping boxes. */
final class NonMaxSuppressionKernels {
  private NonMaxSuppressionKernels() {}

  /** A box that may still be chosen; those chosen since {@code seen} have not met it yet. */
  private record Candidate(int box, float score, int seen) {}

  static List<TypedShape> infer(Operands operands, boolean withScores) {
    long[] most = operands.knownIntegers(2);
    Shape chosen = Shape.of(most == null ? Shape.DYNAMIC : Shapes.ofContents(most).dim(0));
    List<TypedShape> types = new ArrayList<>();
    types.add(new TypedShape(TensorType.INT32, chosen));
    if (withScores) {
      types.add(new TypedShape(TensorType.FLOAT32, chosen));
    }
    types.add(new TypedShape(TensorType.INT32, Shape.SCALAR));
    return types;
  }

  static void run(Invocation invocation) {
    Tensor boxes = invocation.input(0);
    Tensor scores = invocation.input(1);
    if (boxes.rank() != 2 || boxes.dim(1) != 4 || scores.elements() != boxes.dim(0)) {
      throw OperandException.invalid("boxes %s, scores %s", boxes.shape(), scores.shape());
    }
    int most = Shapes.ofContents(invocation.input(2).toLongs()).dim(0);
    float overlap = invocation.input(3).getFloat(0);
    float least = invocation.input(4).getFloat(0);
    float sigma = invocation.inputCount() > 5 ? invocation.input(5).getFloat(0) : 0;
    var chosen = choose(boxes, scores, most, overlap, least, sigma);
    Tensor indices = invocation.output(0);
    indices.resize(most);
    indices.data().fill((byte) 0);
    boolean withScores = invocation.outputCount() > 2;
    if (withScores) {
      invocation.output(1).resize(most);
      invocation.output(1).data().fill((byte) 0);
    }
    for (int i = 0; i < chosen.size(); i++) {
      indices.setInt(i, chosen.get(i).box);
      if (withScores) {
        invocation.output(1).setFloat(i, chosen.get(i).score);
      }
    }
    invocation.output(withScores ? 2 : 1).setInt(0, chosen.size());
  }

  private static List<Candidate> choose(
      Tensor boxes, Tensor scores, int most, float overlap, float least, float sigma) {
    // The better first; of equal ones the one that comes first.
    var candidates =
        new PriorityQueue<Candidate>(
            (a, b) ->
                a.score != b.score
                    ? Float.compare(b.score, a.score)
                    : Integer.compare(a.box, b.box));
    for (int i = 0; i < boxes.dim(0); i++) {
      if (scores.getFloat(i) > least) {
        candidates.add(new Candidate(i, scores.getFloat(i), 0));
      }
    }
    float decay = sigma > 0 ? -0.5f / sigma : 0;
    List<Candidate> chosen = new ArrayList<>();
    while (chosen.size() < most && !candidates.isEmpty()) {
      Candidate next = candidates.remove();
      float score = next.score;
      boolean dropped = false;
      for (int j = chosen.size() - 1; j >= next.seen && !dropped && score > least; j--) {
        float shared = overlap(boxes, next.box, chosen.get(j).box);
        dropped = shared >= overlap;
        if (!dropped && sigma > 0) {
          score *= (float) Math.exp(decay * shared * shared);
        }
      }
      if (!dropped && score == next.score) {
        chosen.add(next);
      } else if (!dropped && score > least) {
        candidates.add(new Candidate(next.box, score, chosen.size()));
      }
    }
    return chosen;
  }

  /** The area that two boxes share, as a part of what they cover together. */
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
    float shared = Math.max(bottom - top, 0) * Math.max(right - left, 0);
    return shared / (areaI + areaJ - shared);
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
