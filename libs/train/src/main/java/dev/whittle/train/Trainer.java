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
import java.util.Optional;
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
  /** The number of samples that calibrate the initial ranges of quantization-aware training. */
  private static final int CALIBRATION_SAMPLES = 500;

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

  // The texts of these records are part of the settings in checkpoints.

  /** A pruning of the layers that match a pattern. */
  private record PruningStep(Pruning pruning, PruningSchedule schedule, @Nullable Pattern layers) {}

  /** A clustering of the layers that match a pattern. */
  private record ClusteringStep(WeightClustering clustering, @Nullable Pattern layers) {}

  /** Creates a trainer of a model, which itself is not changed. */
  public Trainer(TrainableModel model) {
    this.model = model;
  }

  /** Sets the loss; the default is cross-entropy. */
  public Trainer loss(Loss newLoss) {
    loss = newLoss;
    return this;
  }

  /** Sets the optimizer; the default is Adam with a learning rate of 0.001. */
  public Trainer optimizer(Optimizer newOptimizer) {
    optimizer = newOptimizer;
    return this;
  }

  /**
   * Sets the number of samples of a batch.
   *
   * @param size at least 1; the default is 32
   * @throws IllegalArgumentException if it is less than 1
   */
  public Trainer batchSize(int size) {
    batchSize = requirePositive(size, "batch size");
    return this;
  }

  /**
   * Sets the number of passes over the data.
   *
   * @param count at least 1; the default is 1
   * @throws IllegalArgumentException if it is less than 1
   */
  public Trainer epochs(int count) {
    epochs = requirePositive(count, "number of epochs");
    return this;
  }

  private static int requirePositive(int number, String name) {
    if (number < 1) {
      throw new IllegalArgumentException(
          "the %s must be at least 1, not %d".formatted(name, number));
    }
    return number;
  }

  /** Sets the seed for the order of samples and for noise; the default is 0. */
  public Trainer seed(long newSeed) {
    seed = newSeed;
    return this;
  }

  /**
   * Sets the number of threads of TensorFlow.
   *
   * @param count at least 1, or 0 for TensorFlow's default
   */
  public Trainer threads(int count) {
    threads = count;
    return this;
  }

  /**
   * Sets the limit of the data that is held in memory. Larger data sets are shuffled in a buffer of
   * this size.
   *
   * @param bytes the limit in bytes; the default is half the maximum heap
   */
  public Trainer maxBytes(long bytes) {
    maxBytes = bytes;
    return this;
  }

  /** Sets the output to train, by its name in a signature; the default is the first output. */
  public Trainer output(String name) {
    output = name;
    return this;
  }

  /** Sets the name of the sample tensor that is the target; the default is the label. */
  public Trainer target(String name) {
    target = name;
    return this;
  }

  /** Sets the validation data, on which the model is evaluated after each epoch. */
  public Trainer validateWith(Samples samples) {
    validation = samples;
    return this;
  }

  /** Adds a callback. */
  public Trainer callback(Callback callback) {
    callbacks.add(callback);
    return this;
  }

  /** Writes a checkpoint after each epoch. If the file exists, training resumes from it. */
  public Trainer checkpoint(Path file) {
    checkpoint = file;
    return this;
  }

  /**
   * Writes a checkpoint after each epoch, and also within epochs. If the file exists, training
   * resumes from it.
   *
   * @param everySteps the number of steps between checkpoints in an epoch, at least 1
   * @throws IllegalArgumentException if it is less than 1
   */
  public Trainer checkpoint(Path file, int everySteps) {
    checkpointSteps = requirePositive(everySteps, "number of steps between checkpoints");
    return checkpoint(file);
  }

  /**
   * Prunes weights during training. If several prunings match a layer, the last one applies.
   *
   * @param pruning the kind of pruning; its sparsity is replaced by that of the schedule
   * @param schedule the sparsity over the steps
   * @param layers a pattern that is searched in the names of an operator's outputs; null for all
   */
  public Trainer prune(Pruning pruning, PruningSchedule schedule, @Nullable Pattern layers) {
    prunings.add(new PruningStep(pruning, schedule, layers));
    return this;
  }

  /**
   * Clusters weights and trains the centers of the clusters. If several clusterings match a layer,
   * the last one applies.
   *
   * @param layers a pattern that is searched in the names of an operator's outputs; null for all
   */
  public Trainer cluster(WeightClustering clustering, @Nullable Pattern layers) {
    clusterings.add(new ClusteringStep(clustering, layers));
    return this;
  }

  /** Preserves sparsity: weights that are zero stay zero. */
  public Trainer preserveSparsity() {
    preserveSparsity = true;
    return this;
  }

  /** Preserves clusters: equal weights of a constant stay equal. */
  public Trainer preserveClusters() {
    preserveClusters = true;
    return this;
  }

  /**
   * Enables quantization-aware training: the model is trained in its deployed form, and
   * quantization is simulated in the forward pass (Jacob et al., "Quantization and training of
   * neural networks for efficient integer-arithmetic-only inference", 2018). Heads with the default
   * mode compute in floats.
   *
   * @param newRecipe the recipe of the deployed model
   * @param samples typical inputs, of which up to 500 calibrate the initial ranges
   */
  public Trainer quantize(Recipe newRecipe, Samples samples) {
    recipe = newRecipe;
    calibration = samples;
    return this;
  }

  /**
   * Trains a copy of the model.
   *
   * @param samples the training data, with labels or a target
   * @throws dev.whittle.ir.UnsupportedModelException if TensorFlow is not available, or operators
   *     cannot be trained; the message names all of them
   * @throws TrainingException if the loss becomes infinite or NaN; the last checkpoint remains
   * @throws IllegalArgumentException if there is no output of the chosen name, or no weights to
   *     prune or to cluster
   * @throws IOException if data cannot be read or does not fit the model, or the checkpoint belongs
   *     to another training
   */
  public TrainingResult fit(Samples samples) throws IOException {
    TrainableModel start = model;
    QuantizationPlan plan = null;
    Recipe quantizationRecipe = recipe;
    if (quantizationRecipe != null) {
      var quantizer = new Quantizer(quantizationRecipe);
      Model prepared = quantizer.prepare(model.deployed());
      Statistics statistics = Statistics.NONE;
      Samples calibrationSamples = calibration;
      if (quantizationRecipe.needsCalibration() && calibrationSamples != null) {
        statistics = new Calibrator(prepared).run(calibrationSamples.first(CALIBRATION_SAMPLES));
      }
      plan = quantizer.plan(prepared, statistics);
      start = TrainableModel.of(prepared);
    }
    Graph graph = start.model().mainGraph();
    int scores = outputId(start.model());
    var data = new TrainingData(samples, start.model(), loss, target, scores, batchSize, maxBytes);
    TrainingData validationData =
        validation == null
            ? null
            : new TrainingData(
                validation, start.model(), loss, target, scores, batchSize, maxBytes);
    var definition =
        new Network.Definition(
            graph,
            start.weights(),
            start.normalizations(),
            start.noises(),
            transforms(graph, start.weights()),
            plan,
            loss,
            optimizer,
            scores,
            threads);
    try (var network = new Network(definition)) {
      List<Epoch> history = new Loop(network, data, validationData, settings(start)).run();
      TrainableModel trained = start.with(network.weights());
      if (plan != null) {
        trained = TrainableModel.of(withRanges(trained.model(), plan, network.ranges()));
      }
      return new TrainingResult(trained, history, plan);
    }
  }

  /** Returns the settings on which the course of training depends, as they stand in checkpoints. */
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
    List<String> names = new ArrayList<>();
    for (var signature : trained.signatures()) {
      for (var port : signature.outputs()) {
        if (port.name().equals(name)) {
          return port.value();
        }
        names.add(port.name());
      }
    }
    throw new IllegalArgumentException("no output '%s'; expected one of %s".formatted(name, names));
  }

  /** Returns the transforms of all weights by their first id: clustering first, then pruning. */
  private Map<Integer, List<WeightTransform>> transforms(
      Graph graph, List<Network.Weights> weights) {
    Map<Integer, List<WeightTransform>> transforms = new HashMap<>();
    Map<Integer, WeightTransform> clustered = new HashMap<>();
    Map<Integer, WeightTransform> pruned = new HashMap<>();
    if (preserveClusters) {
      WeightEditor.weights(graph, null, Pruning.MIN_ELEMENTS)
          .forEach((id, axis) -> clustered.put(id, ClusteringTransform.preservingClusters()));
    }
    for (ClusteringStep step : clusterings) {
      matching(graph, step.layers, "cluster")
          .forEach((id, axis) -> clustered.put(id, new ClusteringTransform(step.clustering, axis)));
    }
    if (preserveSparsity) {
      WeightEditor.weights(graph, null, 1)
          .forEach((id, axis) -> pruned.put(id, PruningTransform.preservingZeros()));
    }
    for (PruningStep step : prunings) {
      matching(graph, step.layers, "prune")
          .forEach((id, axis) -> pruned.put(id, new PruningTransform(step.pruning, step.schedule)));
    }
    for (Network.Weights shared : weights) {
      List<WeightTransform> all = new ArrayList<>();
      for (int id : shared.values()) {
        if (all.isEmpty() && clustered.containsKey(id)) {
          all.add(clustered.get(id));
        }
      }
      for (int id : shared.values()) {
        if (all.stream().noneMatch(f -> f instanceof PruningTransform) && pruned.containsKey(id)) {
          all.add(pruned.get(id));
        }
      }
      transforms.put(shared.values().getFirst(), all);
    }
    return transforms;
  }

  private static Map<Integer, Integer> matching(
      Graph graph, @Nullable Pattern layers, String action) {
    Map<Integer, Integer> found = WeightEditor.weights(graph, layers, Pruning.MIN_ELEMENTS);
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "nothing to %s: no weights of at least %d elements%s"
              .formatted(
                  action,
                  Pruning.MIN_ELEMENTS,
                  layers == null ? "" : " in layers that match '" + layers + "'"));
    }
    return found;
  }

  /** Returns the model with its trained ranges and weight scales, which the quantizer reads. */
  private static Model withRanges(
      Model trained, QuantizationPlan plan, Map<Integer, Range> ranges) {
    Graph graph = trained.mainGraph();
    List<Value> values = new ArrayList<>(graph.values());
    plan.activations()
        .forEach(
            (id, activation) ->
                values.set(id, values.get(id).withQuantization(limits(activation, ranges))));
    plan.weights()
        .forEach(
            (id, quantized) -> {
              Value value = values.get(id);
              Tensor contents = value.contents();
              if (contents != null) {
                float[] scales = quantized.scales(contents.toFloats(), contents.dims());
                values.set(
                    id,
                    value.withQuantization(
                        Quantization.perAxis(scales, Math.max(quantized.axis(), 0))));
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

  /** The training loop. */
  private final class Loop implements Callback.State {
    private final Network network;
    private final TrainingData data;
    private final @Nullable TrainingData validationData;
    private final String settings;
    private final List<Epoch> history = new ArrayList<>();
    private long stepsToSkip;
    private long steps;
    private long allSteps;
    private double losses;

    Loop(
        Network network,
        TrainingData data,
        @Nullable TrainingData validationData,
        String settings) {
      this.network = network;
      this.data = data;
      this.validationData = validationData;
      this.settings = settings;
    }

    List<Epoch> run() throws IOException {
      resume();
      boolean continues = true;
      while (continues && history.size() < epochs) {
        Epoch epoch = epoch(history.size() + 1);
        history.add(epoch);
        writeCheckpoint();
        for (Callback callback : callbacks) {
          continues &= callback.afterEpoch(epoch, this);
        }
      }
      callbacks.forEach(c -> c.afterTraining(this));
      return history;
    }

    private void resume() throws IOException {
      Path file = checkpoint;
      if (file != null && Files.exists(file)) {
        Checkpoint saved = Checkpoint.read(file, settings);
        Optional<String> mismatch = network.mismatch(saved.state());
        if (mismatch.isPresent()) {
          throw new IOException(file + ": " + mismatch.get());
        }
        network.restore(saved.state());
        history.addAll(saved.epochs());
        stepsToSkip = saved.stepsOfEpoch();
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
            if (n < stepsToSkip) {
              steps++;
              return true;
            }
            step(number, batch);
            return true;
          });
      double mean = losses / Math.max(1, steps);
      stepsToSkip = 0;
      losses = 0;
      steps = 0;
      double validationLoss = Double.NaN;
      double accuracy = Double.NaN;
      if (validationData != null) {
        Score score = evaluate(validationData);
        validationLoss = score.loss;
        accuracy = score.accuracy;
      }
      return new Epoch(number, mean, validationLoss, accuracy, (System.nanoTime() - begin) / 1e9);
    }

    private void step(int epoch, Batch batch) throws IOException {
      float batchLoss = network.step(batch, allSteps, seed);
      if (!Float.isFinite(batchLoss)) {
        throw new TrainingException(
            "the loss is %s in step %d of epoch %d; try a lower learning rate (%s)"
                .formatted(
                    batchLoss,
                    steps + 1,
                    epoch,
                    checkpoint == null
                        ? "there is no checkpoint"
                        : "the last good checkpoint is " + checkpoint));
      }
      steps++;
      allSteps++;
      losses += batchLoss;
      for (Callback callback : callbacks) {
        callback.afterStep(epoch, steps, data.batches(), batchLoss);
      }
      if (steps % checkpointSteps == 0) {
        writeCheckpoint();
      }
    }

    private void writeCheckpoint() throws IOException {
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
            sums[1] += correct(outcome.scores().toFloats(), batch);
            sums[2] += batch.size();
            return true;
          });
      double accuracy = loss.takesClasses() ? sums[1] / sums[2] : Double.NaN;
      return new Score(sums[0] / sums[2], accuracy);
    }

    private int correct(float[] scores, Batch batch) {
      if (!loss.takesClasses()) {
        return 0;
      }
      int classes = scores.length / batch.size();
      int correct = 0;
      for (int s = 0; s < batch.size(); s++) {
        int best = 0;
        for (int c = 1; c < classes; c++) {
          best = scores[s * classes + c] > scores[s * classes + best] ? c : best;
        }
        correct += best == batch.target().getInt(s) ? 1 : 0;
      }
      return correct;
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

  /** The loss and accuracy on the validation data. */
  private record Score(double loss, double accuracy) {}
}
