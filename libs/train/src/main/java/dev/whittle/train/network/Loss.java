package dev.whittle.train.network;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.op.activation.Logistic;
import dev.whittle.ir.op.activation.Softmax;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Output;

/** A loss that training minimizes, as the mean over the samples of a batch. */
public enum Loss {
  /**
   * Categorical cross-entropy with class indices as targets. Scores of a SOFTMAX are probabilities,
   * and so are those of a LOGISTIC after division by their sum. Other scores are logits.
   */
  CROSS_ENTROPY(true),
  /**
   * Binary cross-entropy of independent labels. Scores of a LOGISTIC are probabilities. Other
   * scores are logits.
   */
  BINARY_CROSS_ENTROPY(false),
  /** The squared difference from the target, as the mean over its elements. */
  MEAN_SQUARED_ERROR(false),
  /** The absolute difference from the target, as the mean over its elements. */
  MEAN_ABSOLUTE_ERROR(false);

  /** The minimum probability before the logarithm, which is the epsilon of Keras. */
  private static final float MIN_PROBABILITY = 1e-7f;

  private final boolean takesClasses;

  Loss(boolean takesClasses) {
    this.takesClasses = takesClasses;
  }

  /** Returns whether the target is a class index; otherwise it has the shape of the scores. */
  public boolean takesClasses() {
    return takesClasses;
  }

  /** Returns the type of the target of a batch: INT32 for classes, otherwise FLOAT32. */
  public TensorType targetType() {
    return takesClasses ? TensorType.INT32 : TensorType.FLOAT32;
  }

  /**
   * Adds the loss to a TensorFlow graph and returns its value.
   *
   * @param lowered the lowered nodes of the graph
   * @param output the id of the scores
   * @param classes the size of the last axis of the scores
   */
  Output<?> build(
      TensorFlowOps ops,
      Graph graph,
      LoweredGraph lowered,
      int output,
      Output<?> target,
      int classes) {
    Output<?> scores = lowered.output(output);
    return switch (this) {
      case CROSS_ENTROPY -> {
        Node head = producer(graph, output);
        Output<?> logits;
        if (head != null && head.op() instanceof Softmax) {
          logits = lowered.output(head.inputs().getFirst());
        } else if (head != null && head.op() instanceof Logistic) {
          logits = ops.op("Log", ops.clip(scores, ops.number(MIN_PROBABILITY), ops.number(1)));
        } else {
          logits = scores;
        }
        Output<?> flat = ops.reshape(logits, -1, classes);
        Output<?> oneHot =
            ops.op(
                "OneHot",
                ops.reshape(target, -1),
                ops.integer(classes),
                ops.number(1),
                ops.number(0));
        yield mean(ops, ops.op("SoftmaxCrossEntropyWithLogits", flat, oneHot));
      }
      case BINARY_CROSS_ENTROPY -> {
        Node head = producer(graph, output);
        Output<?> logits =
            head != null && head.op() instanceof Logistic
                ? lowered.output(head.inputs().getFirst())
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
