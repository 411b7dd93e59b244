package dev.whittle.train.network;

import dev.whittle.convert.keras.TrainingImport;
import dev.whittle.ir.Graph;
import dev.whittle.ir.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.Output;

/** What layers do in training only: they add noise and normalize by the moments of the batch. */
final class LayerBehavior {
  private final Graph graph;
  private final Map<Integer, TrainingImport.Noise> noises;
  private final Map<Integer, TrainingImport.BatchNormalization> normalizations = new HashMap<>();
  private final Output<?> seed;
  private final Map<Integer, Output<?>> seenMoments = new HashMap<>();
  private final Map<Integer, Float> momentums = new HashMap<>();

  /**
   * @param seed two integers, others in each step
   */
  LayerBehavior(
      Graph graph,
      Map<Integer, TrainingImport.Noise> noises,
      List<TrainingImport.BatchNormalization> normalizations,
      Output<?> seed) {
    this.graph = graph;
    this.noises = noises;
    this.seed = seed;
    for (TrainingImport.BatchNormalization one : normalizations) {
      this.normalizations.put(one.output(), one);
    }
  }

  /**
   * What stands for a computed value.
   *
   * @param values those computed before, by id
   */
  Output<?> apply(Build build, int id, Output<?> output, Map<Integer, Output<?>> values) {
    TrainingImport.BatchNormalization normalization = normalizations.get(id);
    if (normalization != null) {
      return normalize(build, normalization, values);
    }
    TrainingImport.Noise noise = noises.get(id);
    return noise == null ? output : disturb(build, id, noise, output);
  }

  private Output<?> normalize(
      Build build,
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
    Output<?> mean = build.reduce("Mean", x, true, axes);
    Output<?> centered = build.sub(x, mean);
    Output<?> variance = build.reduce("Mean", build.op("Square", centered), true, axes);
    see(build, normalization.mean(), mean, normalization);
    see(build, normalization.variance(), variance, normalization);
    Output<?> y =
        build.mul(
            centered,
            build.op("Rsqrt", build.add(variance, build.number(normalization.epsilon()))));
    Integer gamma = normalization.gamma();
    Integer beta = normalization.beta();
    y = gamma == null ? y : build.mul(y, Objects.requireNonNull(values.get(gamma)));
    return beta == null ? y : build.add(y, Objects.requireNonNull(values.get(beta)));
  }

  private void see(
      Build build,
      int statistic,
      Output<?> moments,
      TrainingImport.BatchNormalization normalization) {
    int[] dims = graph.value(statistic).initialShape().toArray();
    seenMoments.put(statistic, build.reshape(moments, dims));
    momentums.put(statistic, normalization.momentum());
  }

  /** The moments of the batch by the constant that holds their moving average. */
  Map<Integer, Output<?>> seenMoments() {
    return seenMoments;
  }

  float momentum(int statistic) {
    return Objects.requireNonNull(momentums.get(statistic));
  }

  private Output<?> disturb(Build build, int id, TrainingImport.Noise noise, Output<?> x) {
    Output<?> shape = build.shapeOf(x);
    for (int axis : noise.sharedAxes()) {
      Output<?> head = build.op("Slice", shape, build.integers(0), build.integers(axis));
      Output<?> tail = build.op("Slice", shape, build.integers(axis + 1), build.integers(-1));
      shape =
          build.listOp(
              "ConcatV2", b -> b, List.of(head, build.integers(1), tail), build.integer(0));
    }
    Output<?> own = build.add(seed, build.integers(0, id));
    return switch (noise.kind()) {
      case DROPOUT -> {
        Output<?> random = build.op("StatelessRandomUniform", shape, own);
        Output<?> kept =
            build.cast(
                build.op("GreaterEqual", random, build.number(noise.amount())), TensorType.FLOAT32);
        yield build.mul(x, build.mul(kept, build.number(1 / (1 - noise.amount()))));
      }
      case GAUSSIAN -> build.add(x, normal(build, shape, own, noise.amount()));
      case GAUSSIAN_FACTOR ->
          build.mul(x, build.add(normal(build, shape, own, noise.amount()), build.number(1)));
    };
  }

  private static Output<?> normal(Build build, Output<?> shape, Output<?> seed, float deviation) {
    return build.mul(build.op("StatelessRandomNormal", shape, seed), build.number(deviation));
  }
}
