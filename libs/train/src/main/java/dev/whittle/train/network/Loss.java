package dev.whittle.train.network;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Output;

/** What training makes small, as a mean over the samples of a batch. */
public enum Loss {
  /**
   * Of one right class of several. Scores behind SOFTMAX count as probabilities, so do those behind
   * LOGISTIC after division by their sum; others are logits.
   */
  CROSS_ENTROPY(true),
  /** Of independent yes or no: scores behind LOGISTIC, or logits. */
  BINARY_CROSS_ENTROPY(false),
  /** The square of the difference to a target, as a mean over its elements too. */
  MEAN_SQUARED_ERROR(false),
  /** The magnitude of the difference to a target, as a mean over its elements too. */
  MEAN_ABSOLUTE_ERROR(false);

  /** Probabilities are kept away from zero, as Keras does it. */
  private static final float LEAST_PROBABILITY = 1e-7f;

  private final boolean takesClasses;

  Loss(boolean takesClasses) {
    this.takesClasses = takesClasses;
  }

  /** Whether the target is the number of a class; else it has the shape of the scores. */
  public boolean takesClasses() {
    return takesClasses;
  }

  /** The type of the target of a batch. */
  public TensorType targetType() {
    return takesClasses ? TensorType.INT32 : TensorType.FLOAT32;
  }

  /**
   * Builds the loss.
   *
   * @param output the id of the scores
   * @param classes the extent of the scores' last axis
   */
  Output<?> build(
      TensorFlowOps ops,
      Graph graph,
      LoweredGraph tower,
      int output,
      Output<?> target,
      int classes) {
    Output<?> scores = tower.output(output);
    return switch (this) {
      case CROSS_ENTROPY -> {
        Node head = producer(graph, output);
        Output<?> logits;
        if (head != null && head.op() instanceof Softmax) {
          logits = tower.output(head.inputs().getFirst());
        } else if (head != null && head.op() instanceof Logistic) {
          logits = ops.op("Log", ops.clip(scores, ops.number(LEAST_PROBABILITY), ops.number(1)));
        } else {
          logits = scores;
        }
        Output<?> flat = ops.reshape(logits, -1, classes);
        Output<?> wanted =
            ops.op(
                "OneHot",
                ops.reshape(target, -1),
                ops.integer(classes),
                ops.number(1),
                ops.number(0));
        yield mean(ops, ops.op("SoftmaxCrossEntropyWithLogits", flat, wanted));
      }
      case BINARY_CROSS_ENTROPY -> {
        Node head = producer(graph, output);
        Output<?> logits =
            head != null && head.op() instanceof Logistic
                ? tower.output(head.inputs().getFirst())
                : scores;
        Output<?> rest = ops.op("Softplus", ops.op("Neg", ops.op("Abs", logits)));
        Output<?> each = ops.add(ops.sub(ops.op("Relu", logits), ops.mul(logits, target)), rest);
        yield mean(ops, each);
      }
      case MEAN_SQUARED_ERROR -> mean(ops, ops.op("SquaredDifference", scores, target));
      case MEAN_ABSOLUTE_ERROR -> mean(ops, ops.op("Abs", ops.sub(scores, target)));
    };
  }

  private static Output<?> mean(TensorFlowOps ops, Output<?> losses) {
    return ops.reduce("Mean", ops.reshape(losses, -1), false, 0);
  }

  private static @Nullable Node producer(Graph graph, int id) {
    for (Node node : graph.nodes()) {
      if (node.outputs().contains(id)) {
        return node;
      }
    }
    return null;
  }
}
