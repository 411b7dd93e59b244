package dev.whittle.train.network;

import dev.whittle.convert.keras.TrainingImport;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Output;

/** A graph's nodes as TensorFlow operations, once as they are in training, once in inference. */
final class Tower {
  private final Build build;
  private final Graph graph;
  private final Map<Integer, Output<?>> values;
  private final Map<Integer, Output<?>> rounded = new HashMap<>();
  private final @Nullable FakeQuantization quantization;
  private final @Nullable TrainingBehavior training;
  private final List<UnsupportedModelException.Item> unsupported = new ArrayList<>();

  /**
   * Prepares a tower.
   *
   * @param given inputs of the graph and trained constants, by id
   * @param quantization null where nothing is rounded
   * @param training null for inference
   */
  Tower(
      Build build,
      Graph graph,
      Map<Integer, Output<?>> given,
      @Nullable FakeQuantization quantization,
      @Nullable TrainingBehavior training) {
    this.build = build;
    this.graph = graph;
    this.values = new HashMap<>(given);
    this.quantization = quantization;
    this.training = training;
  }

  /**
   * Builds all nodes.
   *
   * @throws UnsupportedModelException naming every operator that cannot be trained
   */
  void run() {
    for (int n = 0; n < graph.nodes().size(); n++) {
      Node node = graph.nodes().get(n);
      boolean reachable =
          node.inputs().stream()
              .allMatch(
                  id ->
                      id == Node.ABSENT
                          || values.containsKey(id)
                          || graph.value(id).contents() != null);
      Lowerings.Lowering<dev.whittle.ir.Op> lowering = Lowerings.TABLE.get(node.op());
      if (lowering == null) {
        refuse(n, "it is not among the operators that can be trained");
      } else if (reachable) {
        build(n, node, lowering);
      }
    }
    if (!unsupported.isEmpty()) {
      throw new UnsupportedModelException(unsupported);
    }
  }

  private void refuse(int node, String reason) {
    unsupported.add(
        new UnsupportedModelException.Item("training through " + graph.describe(node), reason, ""));
  }

  private void build(int n, Node node, Lowerings.Lowering<dev.whittle.ir.Op> lowering) {
    boolean integer = quantization != null && quantization.isInteger(n);
    try {
      List<@Nullable Output<?>> inputs = new ArrayList<>();
      for (int place = 0; place < node.inputs().size(); place++) {
        inputs.add(operand(n, node, place, integer));
      }
      List<Output<?>> outputs = lowering.build(new NodeCall(build, graph, node, inputs), node.op());
      for (int i = 0; i < outputs.size(); i++) {
        keep(node.outputs().get(i), outputs.get(i), integer);
      }
    } catch (OperandException e) {
      refuse(n, String.valueOf(e.getMessage()));
    }
  }

  private @Nullable Output<?> operand(int n, Node node, int place, boolean integer) {
    int id = node.inputs().get(place);
    if (id == Node.ABSENT) {
      return null;
    }
    QuantizationRule rule = node.op().quantizationRule();
    Output<?> value = value(id);
    if (!integer || quantization == null || graph.value(id).type() != TensorType.FLOAT32) {
      return value;
    }
    if (place == rule.bias()) {
      return quantization.bias(n, value);
    }
    if (place == rule.weights() || graph.value(id).isConstant()) {
      return value;
    }
    return rounded(id, value);
  }

  private Output<?> rounded(int id, Output<?> value) {
    FakeQuantization active = quantization;
    return active == null
        ? value
        : rounded.computeIfAbsent(id, k -> active.activation(id, value, training != null));
  }

  private void keep(int id, Output<?> output, boolean integer) {
    Output<?> value = training == null ? output : training.apply(build, id, output, values);
    if (integer && graph.value(id).type() == TensorType.FLOAT32) {
      value = rounded(id, value);
    }
    values.put(id, value);
  }

  private Output<?> value(int id) {
    Output<?> known = values.get(id);
    if (known == null) {
      Value constant = graph.value(id);
      Tensor contents = constant.contents();
      if (contents == null) {
        throw OperandException.unsupported("'%s', which is stored sparse", constant.name());
      }
      known = build.constant(contents);
      values.put(id, known);
    }
    return known;
  }

  /** A value by itself, even if the graph hands out what it is given. */
  Output<?> output(int id) {
    return graph.inputs().contains(id) ? build.op("Identity", value(id)) : value(id);
  }

  /** What training does to values beyond computing them. */
  interface TrainingBehavior {
    /**
     * What stands for a computed value.
     *
     * @param values those computed before, by id
     */
    Output<?> apply(Build build, int id, Output<?> output, Map<Integer, Output<?>> values);
  }

  /** Adds noise and normalizes by the moments of the batch. */
  static final class LayerBehavior implements TrainingBehavior {
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

    @Override
    public Output<?> apply(Build build, int id, Output<?> output, Map<Integer, Output<?>> values) {
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
                  build.op("GreaterEqual", random, build.number(noise.amount())),
                  TensorType.FLOAT32);
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
}
