package dev.whittle.train;

import dev.whittle.data.Samples;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.optimize.calibrate.Calibrator;
import dev.whittle.optimize.calibrate.Range;
import dev.whittle.optimize.calibrate.Statistics;
import dev.whittle.optimize.quantize.QuantizationPlan;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.optimize.sparse.Pruning;
import dev.whittle.optimize.sparse.WeightClustering;
import dev.whittle.optimize.sparse.WeightEditor;
import dev.whittle.train.network.Batch;
import dev.whittle.train.network.ClusteringTransform;
import dev.whittle.train.network.Loss;
import dev.whittle.train.network.Network;
import dev.whittle.train.network.Optimizer;
import dev.whittle.train.network.PruningSchedule;
import dev.whittle.train.network.PruningTransform;
import dev.whittle.train.network.WeightTransform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Trains models by gradient descent, in TensorFlow.
 *
 * <pre>{@code
 * TrainingResult training = new Trainer(TrainableModel.fromKerasModel(Path.of("digits.keras")))
 *     .epochs(2)
 *     .quantize(Recipe.int8(), samples)
 *     .fit(samples);
 * TfliteWriter.write(training.deployed(), Path.of("digits.tflite"));
 * }</pre>
 *
 * <p>The same seed, data, number of threads and machine give the same weights.
 */
public final class Trainer {
  /** How many samples calibrate the ranges that quantization-aware training begins with. */
  private static final int CALIBRATED = 500;

  private final TrainableModel model;
  private final List<Callback> callbacks = new ArrayList<>();
  private final List<PruningStep> prunings = new ArrayList<>();
  private final List<ClusteringStep> clusterings = new ArrayList<>();
  private Loss loss = Loss.CROSS_ENTROPY;
  private Optimizer optimizer = new Optimizer.Adam(1e-3f);
  private int batchSize = 32;
  private int epochs = 1;
  private long seed;
  private int threads;
  private long maxBytes = Runtime.getRuntime().maxMemory() / 2;
  private boolean preserveSparsity;
  private boolean preserveClusters;
  private @Nullable String output;
  private @Nullable String target;
  private @Nullable Samples validation;
  private @Nullable Path checkpoint;
  private long checkpointSteps = Long.MAX_VALUE;
  private @Nullable Recipe recipe;
  private @Nullable Samples calibration;

  /** What to prune. */
  private record PruningStep(Pruning pruning, PruningSchedule schedule, @Nullable Pattern layers) {}

  /** What to cluster. */
  private record ClusteringStep(WeightClustering clustering, @Nullable Pattern layers) {}

  public Trainer(TrainableModel model) {
    this.model = model;
  }

  /** What to make small; cross-entropy unless told otherwise. */
  public Trainer loss(Loss newLoss) {
    loss = newLoss;
    return this;
  }

  /** How; Adam with a learning rate of 0.001 unless told otherwise. */
  public Trainer optimizer(Optimizer newOptimizer) {
    optimizer = newOptimizer;
    return this;
  }

  /** How many samples a step looks at, at least 1; 32 unless told otherwise. */
  public Trainer batchSize(int size) {
    batchSize = positive(size, "batch size");
    return this;
  }

  /** How often to go through the data, at least once. */
  public Trainer epochs(int count) {
    epochs = positive(count, "number of epochs");
    return this;
  }

  private static int positive(int number, String what) {
    if (number < 1) {
      throw new IllegalArgumentException("a " + what + " of " + number);
    }
    return number;
  }

  /** Of the order of samples and of noise. */
  public Trainer seed(long newSeed) {
    seed = newSeed;
    return this;
  }

  /** How many threads TensorFlow uses; 0 for its own choice. */
  public Trainer threads(int count) {
    threads = count;
    return this;
  }

  /** How much data is held in memory, in bytes; half the heap unless told otherwise. */
  public Trainer maxBytes(long bytes) {
    maxBytes = bytes;
    return this;
  }

  /** The name of the output to train; the first one unless told otherwise. */
  public Trainer output(String name) {
    output = name;
    return this;
  }

  /** The name of the tensor among those of a sample that the output shall become. */
  public Trainer target(String name) {
    target = name;
    return this;
  }

  /** Data to evaluate the model with after each epoch. */
  public Trainer validateWith(Samples samples) {
    validation = samples;
    return this;
  }

  /** Watches training. */
  public Trainer callback(Callback callback) {
    callbacks.add(callback);
    return this;
  }

  /** Notes all of training in a file after each epoch, and goes on from it if it is there. */
  public Trainer checkpoint(Path file) {
    checkpoint = file;
    return this;
  }

  /** {@link #checkpoint(Path)}, and within epochs after every so many steps too. */
  public Trainer checkpoint(Path file, int everySteps) {
    checkpointSteps = positive(everySteps, "number of steps");
    return checkpoint(file);
  }

  /**
   * Prunes weights while they are trained.
   *
   * @param pruning which form; its share of zeros is replaced by the schedule's
   * @param layers found in the name of an operator's output; null for all. Of several prunings the
   *     last that matches counts
   */
  public Trainer prune(Pruning pruning, PruningSchedule schedule, @Nullable Pattern layers) {
    prunings.add(new PruningStep(pruning, schedule, layers));
    return this;
  }

  /**
   * Trains weights together with the few numbers that they may be.
   *
   * @param layers found in the name of an operator's output; null for all. Of several clusterings
   *     the last that matches counts
   */
  public Trainer cluster(WeightClustering clustering, @Nullable Pattern layers) {
    clusterings.add(new ClusteringStep(clustering, layers));
    return this;
  }

  /** Leaves weights at zero that are zero. */
  public Trainer preserveSparsity() {
    preserveSparsity = true;
    return this;
  }

  /** Leaves weights that are equal equal, constant by constant. */
  public Trainer preserveClusters() {
    preserveClusters = true;
    return this;
  }

  /**
   * Trains the model in its deployed form with everything rounded that will be, so that it gets
   * used to it. Heads of which the recipe does not say otherwise compute in floats.
   *
   * @param samples typical inputs, for ranges to begin with
   */
  public Trainer quantize(Recipe newRecipe, Samples samples) {
    recipe = newRecipe;
    calibration = samples;
    return this;
  }

  /**
   * Trains.
   *
   * @throws dev.whittle.ir.UnsupportedModelException naming all operators that cannot be trained
   * @throws TrainingException if the loss is no number any more; the last good checkpoint stays
   * @throws IOException if data cannot be read or does not fit the model, or a checkpoint is of
   *     another training
   */
  public TrainingResult fit(Samples samples) throws IOException {
    TrainableModel start = model;
    QuantizationPlan plan = null;
    Recipe wanted = recipe;
    if (wanted != null) {
      var quantizer = new Quantizer(wanted);
      Model prepared = quantizer.prepare(model.deployed());
      Statistics statistics = Statistics.NONE;
      Samples typical = calibration;
      if (wanted.needsCalibration() && typical != null) {
        statistics = new Calibrator(prepared).run(typical.first(CALIBRATED));
      }
      plan = quantizer.plan(prepared, statistics);
      start = TrainableModel.of(prepared);
    }
    Graph graph = start.model().mainGraph();
    int scores = outputId(start.model());
    var data = new TrainingData(samples, start.model(), loss, target, scores, batchSize, maxBytes);
    TrainingData held =
        validation == null
            ? null
            : new TrainingData(
                validation, start.model(), loss, target, scores, batchSize, maxBytes);
    var networkPlan =
        new Network.Definition(
            graph,
            start.weights(),
            start.normalizations(),
            start.noises(),
            forms(graph, start.weights()),
            plan,
            loss,
            optimizer,
            scores,
            threads);
    try (var network = new Network(networkPlan)) {
      List<Epoch> history = new Loop(network, data, held, settings(start)).run();
      TrainableModel trained = start.with(network.weights());
      if (plan != null) {
        trained = TrainableModel.of(annotated(trained.model(), plan, network.ranges()));
      }
      return new TrainingResult(trained, history, plan);
    }
  }

  private String settings(TrainableModel start) {
    return String.format(
        Locale.ROOT,
        "batch %d, seed %d, %s, %s, %d parameters, %s, %s, %s%s%s",
        batchSize,
        seed,
        loss,
        optimizer,
        start.parameters(),
        prunings,
        clusterings,
        recipe == null ? "floats" : "rounded",
        preserveSparsity ? ", sparsity kept" : "",
        preserveClusters ? ", clusters kept" : "");
  }

  private int outputId(Model trained) {
    String name = output;
    if (name == null) {
      return trained.mainGraph().outputs().getFirst();
    }
    List<String> known = new ArrayList<>();
    for (var signature : trained.signatures()) {
      for (var port : signature.outputs()) {
        if (port.name().equals(name)) {
          return port.value();
        }
        known.add(port.name());
      }
    }
    throw new IllegalArgumentException("no output '" + name + "', only " + known);
  }

  private Map<Integer, List<WeightTransform>> forms(Graph graph, List<Network.Weights> weights) {
    Map<Integer, List<WeightTransform>> forms = new HashMap<>();
    Map<Integer, WeightTransform> clustered = new HashMap<>();
    Map<Integer, WeightTransform> pruned = new HashMap<>();
    if (preserveClusters) {
      WeightEditor.weights(graph, null, Pruning.MIN_ELEMENTS)
          .forEach((id, axis) -> clustered.put(id, ClusteringTransform.keepingClusters()));
    }
    for (ClusteringStep step : clusterings) {
      matching(graph, step.layers, "cluster")
          .forEach((id, axis) -> clustered.put(id, new ClusteringTransform(step.clustering, axis)));
    }
    if (preserveSparsity) {
      WeightEditor.weights(graph, null, 1)
          .forEach((id, axis) -> pruned.put(id, PruningTransform.keepingZeros()));
    }
    for (PruningStep step : prunings) {
      matching(graph, step.layers, "prune")
          .forEach((id, axis) -> pruned.put(id, new PruningTransform(step.pruning, step.schedule)));
    }
    for (Network.Weights one : weights) {
      List<WeightTransform> all = new ArrayList<>();
      for (int id : one.values()) {
        if (all.isEmpty() && clustered.containsKey(id)) {
          all.add(clustered.get(id));
        }
      }
      for (int id : one.values()) {
        if (all.stream().noneMatch(f -> f instanceof PruningTransform) && pruned.containsKey(id)) {
          all.add(pruned.get(id));
        }
      }
      forms.put(one.values().getFirst(), all);
    }
    return forms;
  }

  private static Map<Integer, Integer> matching(
      Graph graph, @Nullable Pattern layers, String what) {
    Map<Integer, Integer> found = WeightEditor.weights(graph, layers, Pruning.MIN_ELEMENTS);
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "nothing to %s: no weights of at least %d elements%s"
              .formatted(
                  what,
                  Pruning.MIN_ELEMENTS,
                  layers == null ? "" : " in layers that match '" + layers + "'"));
    }
    return found;
  }

  /** The model with its trained ranges and scales noted, for the quantizer to find. */
  private static Model annotated(Model trained, QuantizationPlan plan, Map<Integer, Range> ranges) {
    Graph graph = trained.mainGraph();
    List<Value> values = new ArrayList<>(graph.values());
    plan.activations()
        .forEach(
            (id, activation) ->
                values.set(id, values.get(id).withQuantization(limits(activation, ranges))));
    plan.weights()
        .forEach(
            (id, form) -> {
              Value value = values.get(id);
              Tensor contents = value.contents();
              if (contents != null) {
                float[] scales = form.scales(contents.toFloats(), contents.dims());
                values.set(
                    id,
                    value.withQuantization(Quantization.perAxis(scales, Math.max(form.axis(), 0))));
              }
            });
    return trained.withMainValues(values);
  }

  private static Quantization limits(
      QuantizationPlan.Activation activation, Map<Integer, Range> ranges) {
    Quantization fixed = activation.fixed();
    float low;
    float high;
    if (fixed != null) {
      low = fixed.scaleValue() * (activation.type().minInteger() - fixed.zeroPointValue());
      high = fixed.scaleValue() * (activation.type().maxInteger() - fixed.zeroPointValue());
    } else {
      Range range = ranges.getOrDefault(activation.group(), activation.range());
      low = (float) Math.min(range.min(), 0);
      high = (float) Math.max(range.max(), Math.nextUp(low));
    }
    return new Quantization(List.of(low), List.of(high), List.of(), List.of(), 0, null);
  }

  /** The steps and epochs. */
  private final class Loop implements Callback.State {
    private final Network network;
    private final TrainingData data;
    private final @Nullable TrainingData held;
    private final String settings;
    private final List<Epoch> history = new ArrayList<>();
    private long skipped;
    private long steps;
    private long allSteps;
    private double losses;

    Loop(Network network, TrainingData data, @Nullable TrainingData held, String settings) {
      this.network = network;
      this.data = data;
      this.held = held;
      this.settings = settings;
    }

    List<Epoch> run() throws IOException {
      resume();
      boolean goOn = true;
      while (goOn && history.size() < epochs) {
        Epoch epoch = epoch(history.size() + 1);
        history.add(epoch);
        note();
        for (Callback callback : callbacks) {
          goOn &= callback.afterEpoch(epoch, this);
        }
      }
      callbacks.forEach(c -> c.afterTraining(this));
      return history;
    }

    private void resume() throws IOException {
      Path file = checkpoint;
      if (file != null && Files.exists(file)) {
        Checkpoint saved = Checkpoint.read(file, settings);
        try {
          network.restore(saved.state());
        } catch (IllegalArgumentException e) {
          throw new IOException(file + ": " + e.getMessage(), e);
        }
        history.addAll(saved.epochs());
        skipped = saved.stepsOfEpoch();
        losses = saved.lossOfEpoch();
        allSteps = saved.allSteps();
      }
    }

    private Epoch epoch(int number) throws IOException {
      long begin = System.nanoTime();
      steps = 0;
      data.shuffled(
          seed * 1_000_003 + number,
          (n, batch) -> {
            if (n < skipped) {
              steps++;
              return true;
            }
            step(number, batch);
            return true;
          });
      double mean = losses / Math.max(1, steps);
      skipped = 0;
      losses = 0;
      steps = 0;
      double validationLoss = Double.NaN;
      double accuracy = Double.NaN;
      if (held != null) {
        Score score = evaluate(held);
        validationLoss = score.loss;
        accuracy = score.accuracy;
      }
      return new Epoch(number, mean, validationLoss, accuracy, (System.nanoTime() - begin) / 1e9);
    }

    private void step(int epoch, Batch batch) throws IOException {
      float now = network.step(batch, allSteps, seed);
      if (!Float.isFinite(now)) {
        throw new TrainingException(
            "the loss is %s in step %d of epoch %d; %s. A lower learning rate may help"
                .formatted(
                    now,
                    steps + 1,
                    epoch,
                    checkpoint == null
                        ? "there is no checkpoint to go back to"
                        : "the last good checkpoint is " + checkpoint));
      }
      steps++;
      allSteps++;
      losses += now;
      for (Callback callback : callbacks) {
        callback.afterStep(epoch, steps, data.batches(), now);
      }
      if (steps % checkpointSteps == 0) {
        note();
      }
    }

    private void note() throws IOException {
      if (checkpoint != null) {
        new Checkpoint(settings, history, steps, losses, allSteps, network.state())
            .write(checkpoint);
      }
    }

    private Score evaluate(TrainingData samples) throws IOException {
      double[] sums = new double[3];
      samples.inOrder(
          (n, batch) -> {
            Network.Outcome outcome = network.infer(batch);
            sums[0] += (double) outcome.loss() * batch.size();
            sums[1] += right(outcome.scores().toFloats(), batch);
            sums[2] += batch.size();
            return true;
          });
      boolean counts = loss.takesClasses();
      return new Score(sums[0] / sums[2], counts ? sums[1] / sums[2] : Double.NaN);
    }

    private int right(float[] scores, Batch batch) {
      if (!loss.takesClasses()) {
        return 0;
      }
      int classes = scores.length / batch.size();
      int right = 0;
      for (int s = 0; s < batch.size(); s++) {
        int best = 0;
        for (int c = 1; c < classes; c++) {
          best = scores[s * classes + c] > scores[s * classes + best] ? c : best;
        }
        right += best == batch.target().getInt(s) ? 1 : 0;
      }
      return right;
    }

    @Override
    public Map<String, Tensor> save() {
      return network.state();
    }

    @Override
    public void restore(Map<String, Tensor> saved) {
      network.restore(saved);
    }
  }

  /** What the validation data gave. */
  private record Score(double loss, double accuracy) {}
}
