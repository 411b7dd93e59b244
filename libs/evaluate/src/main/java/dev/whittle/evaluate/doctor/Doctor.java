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
 * Finds the layers of a quantized model that cost accuracy. It compares all tensors, then quantizes
 * the float model anew with one suspect after another left in floats, and ranks them by what that
 * gains. Then it leaves as many in floats as the loss asked for needs.
 */
public final class Doctor {
  /** Decibels of inputs as 8-bit integers. */
  private static final double TYPICAL_START = 45;

  /** How many layers are tried in floats if nobody says. */
  static final int SUSPECTS = 12;

  /** Tensors are compared on so many samples at most: their statistics need no more. */
  private static final int COMPARED = 50;

  private final Model floats;
  private final Samples samples;
  private final InterpreterOptions options;
  private final int threads;
  private double maxLoss = 0.5;
  private OptionalLong maxBytes = OptionalLong.empty();
  private int suspects = SUSPECTS;
  private Consumer<String> progress = line -> {};
  private @Nullable Baseline baseline;

  /**
   * A doctor for quantized forms of a model.
   *
   * @param samples to calibrate and to judge with
   * @param threads how many samples to run at a time
   */
  public Doctor(Model floats, Samples samples, InterpreterOptions options, int threads) {
    this.floats = floats;
    this.samples = samples;
    this.options = options;
    this.threads = threads;
  }

  /** The loss to get under, in points of a hundred; see {@link AccuracyLoss.Measure}. */
  public Doctor maxLoss(double points) {
    maxLoss = points;
    return this;
  }

  /** The file size to stay under. */
  public Doctor maxBytes(long bytes) {
    maxBytes = OptionalLong.of(bytes);
    return this;
  }

  /** How many layers to try in floats, those with the worst tensors first. */
  public Doctor suspects(int count) {
    suspects = count;
    return this;
  }

  /** Receives a line before each step. */
  public Doctor progress(Consumer<String> newProgress) {
    progress = newProgress;
    return this;
  }

  /** Examines a quantized model, whose recipe is told from its tensors. */
  public Diagnosis examine(Model quantized) throws IOException {
    Recipe recipe = recipeOf(quantized);
    return examine(baseline(recipe), recipe, quantized, true);
  }

  /** Examines what a recipe makes of the model. */
  public Diagnosis examine(Recipe recipe) throws IOException {
    return examine(baseline(recipe), recipe, null, true);
  }

  /** {@link #examine(Recipe)}, but looks for layers only where the loss is too large. */
  Diagnosis treat(Recipe recipe) throws IOException {
    return examine(baseline(recipe), recipe, null, false);
  }

  /**
   * What is known before anything is quantized, and serves all recipes that prepare alike.
   *
   * @param statistics {@link Statistics#NONE} until a recipe needs them
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
   * @param given the quantized model; null for what the recipe makes
   * @param always whether to look for layers although the loss is small enough
   */
  private Diagnosis examine(Baseline baseline, Recipe recipe, @Nullable Model given, boolean always)
      throws IOException {
    ModelOutputs reference = baseline.reference;
    var trial = new Trial(baseline);
    progress.accept("running the quantized model");
    Outcome base = trial.run(recipe);
    Model quantized = given == null ? base.model : given;
    EvaluationMetrics quantizedScores =
        given == null
            ? base.scores
            : ModelOutputs.of(given, samples, options, threads).metrics(reference);
    List<TensorReport> tensors = List.of();
    List<Diagnosis.LayerCost> costs = List.of();
    if (always || base.loss > maxLoss) {
      progress.accept("comparing tensors");
      tensors =
          new TensorComparison(baseline.prepared, quantized).run(samples.first(COMPARED), options);
      costs = costs(trial, recipe, base, tensors, baseline.prepared.mainGraph());
    }
    Recipe best = recipe;
    Outcome outcome = base;
    for (Diagnosis.LayerCost cost : costs) {
      boolean helps = cost.gain() > 0 || cost.errorGain() > 0;
      if (outcome.loss <= maxLoss || !helps) {
        break;
      }
      Recipe next = leaveInFloat(best, baseline.prepared.mainGraph(), cost.name());
      progress.accept("leaving '" + cost.name() + "' in floats too");
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
        trial.loss(quantizedScores),
        quantizedScores,
        tensors,
        costs,
        best,
        outcome.model,
        outcome.loss,
        outcome.bytes);
  }

  private record Outcome(Model model, EvaluationMetrics scores, double loss, long bytes) {
    double error() {
      return scores.relativeError();
    }
  }

  /** Quantizes by a recipe and measures the loss. */
  private final class Trial {
    private final Baseline baseline;
    private final EvaluationMetrics floatScores;
    private final AccuracyLoss.Measure measure;

    Trial(Baseline baseline) {
      this.baseline = baseline;
      this.floatScores = baseline.reference.metrics(baseline.reference);
      this.measure =
          AccuracyLoss.measure(floatScores, baseline.reference.outputs().getFirst().length);
    }

    double loss(EvaluationMetrics scores) {
      return AccuracyLoss.of(measure, floatScores, scores);
    }

    Outcome run(Recipe recipe) throws IOException {
      Model model =
          new Quantizer(recipe).quantizePrepared(baseline.prepared, baseline.statistics).model();
      EvaluationMetrics scores =
          ModelOutputs.of(model, samples, options, threads).metrics(baseline.reference);
      return new Outcome(model, scores, loss(scores), TfliteWriter.toBytes(model).length);
    }
  }

  private List<Diagnosis.LayerCost> costs(
      Trial trial, Recipe recipe, Outcome base, List<TensorReport> tensors, Graph graph)
      throws IOException {
    List<Diagnosis.LayerCost> costs = new ArrayList<>();
    for (TensorReport suspect : mostSuspect(tensors, graph)) {
      progress.accept("trying '" + suspect.name() + "' in floats");
      Outcome without = trial.run(leaveInFloat(recipe, graph, suspect.name()));
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

  /** The quantized tensors that lost the most against those they are computed from. */
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
          double start = Double.isInfinite(before) ? TYPICAL_START : before;
          drops.put(output.name(), start - output.channelSignalToNoise());
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

  /** The recipe with a layer in floats, and everything that reads its result or moves it on. */
  private static Recipe leaveInFloat(Recipe recipe, Graph graph, String name) {
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

  /** The mode of a quantized model, with the layers that it leaves in floats. */
  private Recipe recipeOf(Model quantized) {
    Graph graph = quantized.mainGraph();
    Graph wanted = floats.mainGraph();
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
    // What made the file may not have guarded it; entries say what it left in floats.
    recipe = recipe.withHead(HeadMode.INTEGER).withGuard(false);
    for (Map.Entry<Integer, Integer> match : TensorMatcher.of(wanted, graph).entrySet()) {
      Value value = graph.value(match.getKey());
      if (integers && value.type() == TensorType.FLOAT32) {
        String name = wanted.value(match.getValue()).name();
        recipe = recipe.withLayer(name, QuantizationSettings.FLOAT);
      }
    }
    return recipe;
  }
}
