package dev.whittle.evaluate.doctor;

import dev.whittle.data.Samples;
import dev.whittle.evaluate.Scores;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.Value;
import dev.whittle.optimize.calibrate.Calibrator;
import dev.whittle.optimize.calibrate.Statistics;
import dev.whittle.optimize.quantize.Quantizer;
import dev.whittle.optimize.recipe.Head;
import dev.whittle.optimize.recipe.Recipe;
import dev.whittle.optimize.recipe.Settings;
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

/**
 * Finds the layers of a quantized model that cost accuracy. It compares all tensors, then quantizes
 * the float model anew with one suspect after another left in floats, and ranks them by what that
 * gains. Then it leaves as many in floats as the loss asked for needs.
 */
public final class Doctor {
  /** Decibels of inputs as 8-bit integers. */
  private static final double TYPICAL_START = 45;

  /** Tensors are compared on so many samples at most: their statistics need no more. */
  private static final int COMPARED = 50;

  private final Model floats;
  private final Samples samples;
  private final InterpreterOptions options;
  private final int threads;
  private double maxLoss = 0.5;
  private OptionalLong maxBytes = OptionalLong.empty();
  private int suspects = 12;
  private Consumer<String> progress = line -> {};

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

  /** The loss to get under, in points of a hundred; see {@link Loss.Measure}. */
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
    Model prepared = new Quantizer(recipe).prepare(floats);
    return examine(prepared, calibrate(recipe, prepared), quantized, recipe, true);
  }

  /** Examines what a recipe makes of the model. */
  public Diagnosis examine(Recipe recipe) throws IOException {
    var quantizer = new Quantizer(recipe);
    Model prepared = quantizer.prepare(floats);
    Statistics statistics = calibrate(recipe, prepared);
    Model quantized = quantizer.quantizePrepared(prepared, statistics).model();
    return examine(prepared, statistics, quantized, recipe, true);
  }

  /** {@link #examine(Recipe)}, but layers are tried only where the loss is too large. */
  Diagnosis treat(Recipe recipe) throws IOException {
    var quantizer = new Quantizer(recipe);
    Model prepared = quantizer.prepare(floats);
    Statistics statistics = calibrate(recipe, prepared);
    Model quantized = quantizer.quantizePrepared(prepared, statistics).model();
    return examine(prepared, statistics, quantized, recipe, false);
  }

  private Statistics calibrate(Recipe recipe, Model prepared) throws IOException {
    if (!recipe.needsCalibration()) {
      return Statistics.NONE;
    }
    progress.accept("calibrating");
    return new Calibrator(prepared).options(options).threads(threads).run(samples);
  }

  private Diagnosis examine(
      Model prepared, Statistics statistics, Model quantized, Recipe recipe, boolean always)
      throws IOException {
    progress.accept("running the float model");
    Outputs reference = Outputs.of(prepared, samples, options, threads);
    Scores floatScores = reference.scores(reference);
    Loss.Measure measure = Loss.measure(floatScores, reference.outputs().getFirst().length);
    progress.accept("running the quantized model");
    Scores quantizedScores = Outputs.of(quantized, samples, options, threads).scores(reference);
    progress.accept("comparing tensors");
    List<TensorReport> tensors =
        new TensorComparison(prepared, quantized).run(samples.first(COMPARED), options);
    var trial = new Trial(prepared, statistics, reference, floatScores, measure);
    Outcome base = trial.run(recipe);
    List<Diagnosis.LayerCost> costs =
        always || base.loss > maxLoss
            ? costs(trial, recipe, base, tensors, prepared.mainGraph())
            : List.of();
    Recipe best = recipe;
    Outcome outcome = base;
    for (Diagnosis.LayerCost cost : costs) {
      boolean helps = cost.gain() > 0 || cost.errorGain() > 0;
      if (outcome.loss <= maxLoss || !helps) {
        break;
      }
      Recipe next = leaveInFloat(best, prepared.mainGraph(), cost.name());
      progress.accept("leaving '" + cost.name() + "' in floats too");
      Outcome tried = trial.run(next);
      if (maxBytes.isPresent() && tried.bytes > maxBytes.getAsLong()) {
        continue;
      }
      if (tried.loss < outcome.loss || tried.error < outcome.error) {
        best = next;
        outcome = tried;
      }
    }
    return new Diagnosis(
        measure,
        Loss.of(measure, floatScores, quantizedScores),
        quantizedScores,
        tensors,
        costs,
        best,
        outcome.model,
        outcome.loss,
        outcome.bytes);
  }

  private record Outcome(Model model, double loss, double error, long bytes) {}

  /** Quantizes by a recipe and measures the loss. */
  private final class Trial {
    private final Model prepared;
    private final Statistics statistics;
    private final Outputs reference;
    private final Scores floatScores;
    private final Loss.Measure measure;

    Trial(
        Model prepared,
        Statistics statistics,
        Outputs reference,
        Scores floatScores,
        Loss.Measure measure) {
      this.prepared = prepared;
      this.statistics = statistics;
      this.reference = reference;
      this.floatScores = floatScores;
      this.measure = measure;
    }

    Outcome run(Recipe recipe) throws IOException {
      Model model = new Quantizer(recipe).quantizePrepared(prepared, statistics).model();
      Scores scores = Outputs.of(model, samples, options, threads).scores(reference);
      return new Outcome(
          model,
          Loss.of(measure, floatScores, scores),
          scores.relativeError(),
          TfliteWriter.toBytes(model).length);
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
              base.error - without.error));
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
      changed = changed.withLayer(each, Settings.FLOAT);
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
    recipe = recipe.withHead(Head.INTEGER).withGuard(false);
    for (Map.Entry<Integer, Integer> match : TensorMatch.of(wanted, graph).entrySet()) {
      Value value = graph.value(match.getKey());
      if (integers && value.type() == TensorType.FLOAT32) {
        String name = wanted.value(match.getValue()).name();
        recipe = recipe.withLayer(name, Settings.FLOAT);
      }
    }
    return recipe;
  }
}
