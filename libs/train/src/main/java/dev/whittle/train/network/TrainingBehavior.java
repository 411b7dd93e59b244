package dev.whittle.train.network;

import dev.whittle.convert.keras.TrainingImport;
import dev.whittle.ir.Graph;
import dev.whittle.ir.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.Output;

/**
 * The behavior of layers that differs in training: noise, such as dropout, and batch normalization
 * with the moments of the batch (S. Ioffe and C. Szegedy, "Batch normalization", 2015).
 */
final class TrainingBehavior {
  private final Graph graph;
  private final Map<Integer, TrainingImport.Noise> noises;
  private final Map<Integer, TrainingImport.BatchNormalization> normalizations = new HashMap<>();
  private final Output<?> seed;
  private final Map<Integer, Output<?>> batchMoments = new HashMap<>();
  private final Map<Integer, Float> momentums = new HashMap<>();

  /**
   * Creates the behavior for a graph.
   *
   * @param noises the noise that is added to values, by id
   * @param seed two integers that differ in each step
   */
  TrainingBehavior(
      Graph graph,
      Map<Integer, TrainingImport.Noise> noises,
      List<TrainingImport.BatchNormalization> normalizations,
      Output<?> seed) {
    this.graph = graph;
    this.noises = noises;
    this.seed = seed;
    for (TrainingImport.BatchNormalization normalization : normalizations) {
      this.normalizations.put(normalization.output(), normalization);
    }
  }

  /**
   * Returns the value that replaces a computed value in training.
   *
   * @param output the value in inference
   * @param values the values computed before, by id
   */
  Output<?> apply(TensorFlowOps ops, int id, Output<?> output, Map<Integer, Output<?>> values) {
    TrainingImport.BatchNormalization normalization = normalizations.get(id);
    if (normalization != null) {
      return normalize(ops, normalization, values);
    }
    TrainingImport.Noise noise = noises.get(id);
    return noise == null ? output : addNoise(ops, id, noise, output);
  }

  private Output<?> normalize(
      TensorFlowOps ops,
      TrainingImport.BatchNormalization normalization,
      Map<Integer, Output<?>> values) {
    Output<?> x = Objects.requireNonNull(values.get(normalization.input()));
    int rank = graph.value(normalization.input()).shape().rank();
    int[] axes = new int[rank - 1];
    for (int i = 0, next = 0; i < rank; i++) {
      if (i != normalization.axis()) {
        axes[next++] = i;
      }
    }
    Output<?> mean = ops.reduce("Mean", x, true, axes);
    Output<?> centered = ops.sub(x, mean);
    Output<?> variance = ops.reduce("Mean", ops.op("Square", centered), true, axes);
    keepMoments(ops, normalization.mean(), mean, normalization);
    keepMoments(ops, normalization.variance(), variance, normalization);
    Output<?> y =
        ops.mul(centered, ops.op("Rsqrt", ops.add(variance, ops.number(normalization.epsilon()))));
    Integer gamma = normalization.gamma();
    Integer beta = normalization.beta();
    y = gamma == null ? y : ops.mul(y, Objects.requireNonNull(values.get(gamma)));
    return beta == null ? y : ops.add(y, Objects.requireNonNull(values.get(beta)));
  }

  private void keepMoments(
      TensorFlowOps ops,
      int statistic,
      Output<?> moments,
      TrainingImport.BatchNormalization normalization) {
    int[] dims = graph.value(statistic).initialShape().toArray();
    batchMoments.put(statistic, ops.reshape(moments, dims));
    momentums.put(statistic, normalization.momentum());
  }

  /** Returns the moments of the batch by the id of the constant that holds their moving average. */
  Map<Integer, Output<?>> batchMoments() {
    return batchMoments;
  }

  /** Returns the weight of the previous value in a moving average. */
  float momentum(int statistic) {
    return Objects.requireNonNull(momentums.get(statistic));
  }

  private Output<?> addNoise(TensorFlowOps ops, int id, TrainingImport.Noise noise, Output<?> x) {
    Output<?> shape = ops.shapeOf(x);
    for (int axis : noise.sharedAxes()) {
      Output<?> head = ops.op("Slice", shape, ops.integers(0), ops.integers(axis));
      Output<?> tail = ops.op("Slice", shape, ops.integers(axis + 1), ops.integers(-1));
      shape = ops.listOp("ConcatV2", b -> b, List.of(head, ops.integers(1), tail), ops.integer(0));
    }
    Output<?> ownSeed = ops.add(seed, ops.integers(0, id));
    return switch (noise.kind()) {
      case DROPOUT -> {
        Output<?> random = ops.op("StatelessRandomUniform", shape, ownSeed);
        Output<?> kept =
            ops.cast(
                ops.op("GreaterEqual", random, ops.number(noise.amount())), TensorType.FLOAT32);
        yield ops.mul(x, ops.mul(kept, ops.number(1 / (1 - noise.amount()))));
      }
      case GAUSSIAN -> ops.add(x, normal(ops, shape, ownSeed, noise.amount()));
      case GAUSSIAN_FACTOR ->
          ops.mul(x, ops.add(normal(ops, shape, ownSeed, noise.amount()), ops.number(1)));
    };
  }

  private static Output<?> normal(
      TensorFlowOps ops, Output<?> shape, Output<?> seed, float deviation) {
    return ops.mul(ops.op("StatelessRandomNormal", shape, seed), ops.number(deviation));
  }
}
