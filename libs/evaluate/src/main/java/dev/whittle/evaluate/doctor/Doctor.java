package dev.whittle.evaluate.doctor;

import dev.whittle.data.Samples;
import dev.whittle.evaluate.EvaluationMetrics;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.Calibrator;
import dev.whittle.optimize.calibrate.Statistics;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.HeadMode;
import dev.whittle.optimize.recipe.QuantizationSettings;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.runtime.InterpreterOptions;
import dev.whittle.tflite.TfliteWriter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the layers of a quantized model that cost accuracy, and proposes a recipe. First it
 * compares all tensors with those of the float model. Then it quantizes the float model repeatedly,
 * each time with one suspect layer in floats, and ranks the layers by the gain. Finally it keeps
 * layers in floats, in this order, until the loss is small enough.
 */
public final class Doctor {
  /** The signal-to-noise ratio, in decibels, that 8-bit inputs are assumed to have. */
  private static final double INPUT_SIGNAL_TO_NOISE = 45;

  /** The default number of layers that are tried in floats. */
  static final int SUSPECTS = 12;

  /** The maximum number of samples on which tensors are compared. */
  private static final int COMPARED_SAMPLES = 50;

  private final Model floats;
  private final Samples samples;
  private final InterpreterOptions options;
  private final int threads;
  private double maxLoss = 0.5;
  private AccuracyLoss.@Nullable Measure criterion;
  private OptionalLong maxBytes = OptionalLong.empty();
  private int suspects = SUSPECTS;
  private Consumer<String> progress = line -> {};
  private @Nullable Baseline baseline;

  /**
   * Creates a doctor for quantized forms of a model.
   *
   * @param floats the float model
   * @param samples the samples for calibration and evaluation
   * @param options the options of all interpreters
   * @param threads the number of samples to run at a time, at least 1
   */
  public Doctor(Model floats, Samples samples, InterpreterOptions options, int threads) {
    this.floats = floats;
    this.samples = samples;
    this.options = options;
    this.threads = threads;
  }

  /**
   * Sets the loss that the proposed recipe aims at.
   *
   * @param points the maximum loss in percentage points, 0.5 by default; see {@link
   *     AccuracyLoss.Measure}
   */
  public Doctor maxLoss(double points) {
    maxLoss = points;
    return this;
  }

  /**
   * Sets the measure of all losses.
   *
   * @param measure the measure; null for the one that fits the model and the samples
   */
  public Doctor measure(AccuracyLoss.@Nullable Measure measure) {
    criterion = measure;
    return this;
  }

  /** Sets the maximum size of the proposed model's file in bytes; unlimited by default. */
  public Doctor maxBytes(long bytes) {
    maxBytes = OptionalLong.of(bytes);
    return this;
  }

  /** Sets the number of layers to try in floats; those with the worst tensors are tried first. */
  public Doctor suspects(int count) {
    suspects = count;
    return this;
  }

  /** Sets a listener that receives a line before each step. */
  public Doctor progress(Consumer<String> newProgress) {
    progress = newProgress;
    return this;
  }

  /**
   * Examines a quantized model. Its recipe is inferred from the types of its tensors.
   *
   * @throws IOException if there are no samples, or they cannot be read or do not fit a model
   */
  public Diagnosis examine(Model quantized) throws IOException {
    Recipe recipe = recipeOf(quantized);
    return examine(baseline(recipe), recipe, quantized, true);
  }

  /**
   * Examines the model that a recipe gives.
   *
   * @throws IOException if there are no samples, or they cannot be read or do not fit the model
   */
  public Diagnosis examine(Recipe recipe) throws IOException {
    return examine(baseline(recipe), recipe, null, true);
  }

  /**
   * Examines the model that a recipe gives, but tries layers in floats only if its loss is high.
   */
  Diagnosis treat(Recipe recipe) throws IOException {
    return examine(baseline(recipe), recipe, null, false);
  }

  /**
   * The prepared float model with its statistics and outputs, which recipes with the same
   * preparation share.
   *
   * @param statistics the calibration statistics; {@link Statistics#NONE} until a recipe needs them
   */
  private record Baseline(Model prepared, Statistics statistics, ModelOutputs reference) {}

  private Baseline baseline(Recipe recipe) throws IOException {
    Baseline before = baseline;
    Model prepared = new Quantizer(recipe).prepare(floats);
    if (before != null && !before.prepared.equals(prepared)) {
      before = null;
    }
    Statistics statistics = before == null ? Statistics.NONE : before.statistics;
    if (recipe.needsCalibration() && statistics.samples() == 0) {
      progress.accept("calibrating");
      statistics = new Calibrator(prepared).options(options).threads(threads).run(samples);
    }
    ModelOutputs reference;
    if (before != null) {
      reference = before.reference;
    } else {
      progress.accept("running the float model");
      reference = ModelOutputs.of(prepared, samples, options, threads);
    }
    baseline = new Baseline(prepared, statistics, reference);
    return baseline;
  }

  /**
   * Examines a model.
   *
   * @param given the quantized model; null for the model that the recipe gives
   * @param always whether to try layers in floats even if the loss is small enough
   */
  private Diagnosis examine(Baseline baseline, Recipe recipe, @Nullable Model given, boolean always)
      throws IOException {
    ModelOutputs reference = baseline.reference;
    var trial = new Trial(baseline);
    progress.accept("running the quantized model");
    Outcome base = trial.run(recipe);
    Model quantized = given == null ? base.model : given;
    List<EvaluationMetrics> quantizedMetrics =
        given == null
            ? base.metrics
            : ModelOutputs.of(given, samples, options, threads).metrics(reference);
    List<TensorReport> tensors = List.of();
    List<Diagnosis.LayerCost> costs = List.of();
    if (always || base.loss > maxLoss) {
      progress.accept("comparing tensors");
      tensors =
          new TensorComparison(baseline.prepared, quantized)
              .run(samples.first(COMPARED_SAMPLES), options);
      costs = costs(trial, recipe, base, tensors, baseline.prepared.mainGraph());
    }
    Recipe best = recipe;
    Outcome outcome = base;
    for (Diagnosis.LayerCost cost : costs) {
      boolean helps = cost.gain() > 0 || cost.errorGain() > 0;
      if (outcome.loss <= maxLoss || !helps) {
        break;
      }
      Recipe next = keepInFloat(best, baseline.prepared.mainGraph(), cost.name());
      progress.accept("also keeping '" + cost.name() + "' in floats");
      Outcome tried = trial.run(next);
      if (maxBytes.isPresent() && tried.bytes > maxBytes.getAsLong()) {
        continue;
      }
      if (tried.loss < outcome.loss || tried.error() < outcome.error()) {
        best = next;
        outcome = tried;
      }
    }
    return new Diagnosis(
        trial.measure,
        trial.loss(quantizedMetrics),
        quantizedMetrics.getFirst(),
        tensors,
        costs,
        best,
        outcome.model,
        outcome.loss,
        outcome.bytes);
  }

  private record Outcome(Model model, List<EvaluationMetrics> metrics, double loss, long bytes) {
    double error() {
      return AccuracyLoss.error(metrics);
    }
  }

  /** Quantizes by recipes and measures their losses. */
  private final class Trial {
    private final Baseline baseline;
    private final List<EvaluationMetrics> floatMetrics;
    private final AccuracyLoss.Measure measure;

    Trial(Baseline baseline) {
      this.baseline = baseline;
      this.floatMetrics = baseline.reference.metrics(baseline.reference);
      AccuracyLoss.Measure given = criterion;
      this.measure =
          given == null ? AccuracyLoss.measure(floats, baseline.reference.hasLabels()) : given;
    }

    double loss(List<EvaluationMetrics> metrics) {
      return AccuracyLoss.of(measure, floatMetrics, metrics);
    }

    Outcome run(Recipe recipe) throws IOException {
      Model model =
          new Quantizer(recipe).quantizePrepared(baseline.prepared, baseline.statistics).model();
      List<EvaluationMetrics> metrics =
          ModelOutputs.of(model, samples, options, threads).metrics(baseline.reference);
      return new Outcome(model, metrics, loss(metrics), TfliteWriter.toBytes(model).length);
    }
  }

  private List<Diagnosis.LayerCost> costs(
      Trial trial, Recipe recipe, Outcome base, List<TensorReport> tensors, Graph graph)
      throws IOException {
    List<Diagnosis.LayerCost> costs = new ArrayList<>();
    for (TensorReport suspect : mostSuspect(tensors, graph)) {
      progress.accept("trying '" + suspect.name() + "' in floats");
      Outcome without = trial.run(keepInFloat(recipe, graph, suspect.name()));
      costs.add(
          new Diagnosis.LayerCost(
              suspect.name(),
              suspect.operator(),
              base.loss - without.loss,
              base.error() - without.error()));
    }
    costs.sort(
        Comparator.comparingDouble(Diagnosis.LayerCost::gain)
            .thenComparingDouble(Diagnosis.LayerCost::errorGain)
            .reversed());
    return costs;
  }

  /**
   * Returns the tensors whose signal-to-noise ratio falls most below that of the tensors from which
   * they are computed.
   */
  private List<TensorReport> mostSuspect(List<TensorReport> tensors, Graph graph) {
    Map<String, TensorReport> byName = new HashMap<>();
    tensors.forEach(t -> byName.put(t.name(), t));
    Map<String, Double> drops = new HashMap<>();
    for (Node node : graph.nodes()) {
      double before = Double.POSITIVE_INFINITY;
      for (int id : node.inputs()) {
        TensorReport input = id < 0 ? null : byName.get(graph.value(id).name());
        before = input == null ? before : Math.min(before, input.channelSignalToNoise());
      }
      for (int id : node.outputs()) {
        TensorReport output = byName.get(graph.value(id).name());
        if (output != null) {
          double input = Double.isInfinite(before) ? INPUT_SIGNAL_TO_NOISE : before;
          drops.put(output.name(), input - output.channelSignalToNoise());
        }
      }
    }
    return tensors.stream()
        .filter(t -> drops.containsKey(t.name()))
        .sorted(
            Comparator.comparingDouble((TensorReport t) -> drops.getOrDefault(t.name(), 0.0))
                .reversed())
        .limit(suspects)
        .toList();
  }

  /**
   * Returns the recipe with a layer in floats, as well as the operators that read its result,
   * directly or after data movement.
   */
  private static Recipe keepInFloat(Recipe recipe, Graph graph, String name) {
    Set<Integer> ids = new HashSet<>();
    Set<String> names = new HashSet<>();
    names.add(name);
    for (Node node : graph.nodes()) {
      boolean reads = node.inputs().stream().anyMatch(ids::contains);
      boolean computes =
          node.outputs().stream().anyMatch(id -> graph.value(id).name().equals(name));
      if (reads && !node.outputs().isEmpty()) {
        names.add(graph.value(node.outputs().getFirst()).name());
      }
      if (computes || (reads && node.op().quantizationRule().sharesScales())) {
        ids.addAll(node.outputs());
      }
    }
    Recipe changed = recipe;
    for (String each : names) {
      changed = changed.withLayer(each, QuantizationSettings.FLOAT);
    }
    return changed;
  }

  /** Returns the recipe of a quantized model: its mode, and the layers that it keeps in floats. */
  private Recipe recipeOf(Model quantized) {
    Graph graph = quantized.mainGraph();
    Graph floatGraph = floats.mainGraph();
    Set<TensorType> types = new HashSet<>();
    for (Node node : graph.nodes()) {
      node.outputs().stream()
          .map(graph::value)
          .filter(v -> v.quantization() != null && v.quantization().isQuantized())
          .forEach(v -> types.add(v.type()));
    }
    boolean integers = !types.isEmpty();
    Recipe recipe =
        types.contains(TensorType.INT16)
            ? Recipe.int16x8()
            : integers ? Recipe.int8() : Recipe.dynamic();
    // The converter that made the file may have no guard; entries name the layers in floats.
    recipe = recipe.withHead(HeadMode.INTEGER).withGuard(false);
    for (Map.Entry<Integer, Integer> match : TensorMatcher.of(floatGraph, graph).entrySet()) {
      Value value = graph.value(match.getKey());
      if (integers && value.type() == TensorType.FLOAT32) {
        String name = floatGraph.value(match.getValue()).name();
        recipe = recipe.withLayer(name, QuantizationSettings.FLOAT);
      }
    }
    return recipe;
  }
}
