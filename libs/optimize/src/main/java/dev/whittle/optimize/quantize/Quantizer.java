package dev.whittle.optimize.quantize;

import dev.whittle.data.Samples;
import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.Signature;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.rewrite.CleanupRules;
import dev.whittle.ir.rewrite.Rewriter;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.Calibrator;
import dev.whittle.optimize.calibrate.Statistics;
import dev.whittle.optimize.recipe.HeadMode;
import dev.whittle.optimize.recipe.QuantizationMode;
import dev.whittle.optimize.recipe.QuantizationSettings;
import dev.whittle.optimize.recipe.Recipe;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Quantizes float models by a {@link Recipe}. The integer formats are those of the TensorFlow Lite
 * 8-bit quantization specification, so that every TensorFlow Lite runtime runs the result.
 *
 * <pre>{@code
 * QuantizationResult small = new Quantizer(Recipe.int8()).calibrateWith(samples).quantize(model);
 * }</pre>
 */
public final class Quantizer {
  private final Recipe recipe;
  private @Nullable Samples samples;
  private UnaryOperator<Calibrator> calibration = c -> c;
  private TensorType inputType = TensorType.FLOAT32;
  private TensorType outputType = TensorType.FLOAT32;
  private Set<Integer> floatNodes = Set.of();

  /** Creates a quantizer that follows a recipe. */
  public Quantizer(Recipe recipe) {
    this.recipe = recipe;
  }

  /**
   * Sets typical inputs for calibration.
   *
   * @param newSamples the inputs; null if the recipe needs no calibration, or if the model has
   *     trained ranges
   */
  public Quantizer calibrateWith(@Nullable Samples newSamples) {
    samples = newSamples;
    return this;
  }

  /** Configures the calibration: its threads, engine, progress, or a file to resume from. */
  public Quantizer calibration(UnaryOperator<Calibrator> change) {
    calibration = change;
    return this;
  }

  /**
   * Sets the type of the model's float inputs.
   *
   * @param type FLOAT32 (the default), INT8, UINT8 or INT16
   * @throws IllegalArgumentException if it is another type
   */
  public Quantizer inputType(TensorType type) {
    inputType = checkPortType(type, "input");
    return this;
  }

  /**
   * Sets the type of the model's float outputs.
   *
   * @param type FLOAT32 (the default), INT8, UINT8 or INT16
   * @throws IllegalArgumentException if it is another type
   */
  public Quantizer outputType(TensorType type) {
    outputType = checkPortType(type, "output");
    return this;
  }

  /**
   * Keeps nodes of the main graph in floats regardless of the recipe.
   *
   * @param nodes their indices in the prepared model
   */
  public Quantizer keepInFloat(Set<Integer> nodes) {
    floatNodes = Set.copyOf(nodes);
    return this;
  }

  private static TensorType checkPortType(TensorType type, String port) {
    return switch (type) {
      case FLOAT32, INT8, UINT8, INT16 -> type;
      default ->
          throw new IllegalArgumentException(
              "the %s type must be float32, int8, uint8 or int16, not %s".formatted(port, type));
    };
  }

  /**
   * Quantizes a model. Calibrates it first if the recipe needs that.
   *
   * @throws UnsupportedModelException if weights are not finite, or if the recipe needs calibration
   *     and there are neither samples nor trained ranges
   * @throws IllegalArgumentException if an entry of the recipe matches no operator
   * @throws IOException if the samples cannot be read or do not fit the model
   */
  public QuantizationResult quantize(Model model) throws IOException {
    Model prepared = prepare(model);
    Statistics statistics = Statistics.NONE;
    if (recipe.needsCalibration()) {
      Samples data = samples;
      if (data != null) {
        statistics = calibration.apply(new Calibrator(prepared)).run(data);
      } else if (!hasTrainedRanges(prepared)) {
        throw new UnsupportedModelException(
            "the activations",
            "no calibration data determines their ranges",
            "give typical inputs (--representative_data), or choose dynamic or float16");
      }
    }
    return quantizePrepared(prepared, statistics);
  }

  private static boolean hasTrainedRanges(Model model) {
    return model.mainGraph().values().stream()
        .anyMatch(v -> !v.isConstant() && TrainedRanges.of(v) != null);
  }

  /**
   * Returns the model on which calibration runs. Operators that only mark trained ranges are
   * removed, heads are removed if the recipe asks for logits, and the channels of adjacent layers
   * are equalized if it asks for that.
   *
   * @throws UnsupportedModelException if weights are not finite
   * @throws IllegalArgumentException if an entry of the recipe matches no operator
   */
  public Model prepare(Model model) {
    requireFiniteWeights(model);
    requireMatches(model);
    Model prepared = TrainedRanges.absorb(StoredWeights.read(model));
    if (recipe.head() == HeadMode.LOGITS) {
      prepared = ClassifierHeads.remove(prepared);
    }
    return recipe.equalize() ? CrossLayerEqualization.apply(prepared) : prepared;
  }

  private void requireMatches(Model model) {
    List<Recipe.Entry> unmatched = recipe.unmatched(model.graphs());
    if (!unmatched.isEmpty()) {
      throw new IllegalArgumentException(
          "these entries of the recipe match no operator: "
              + unmatched.stream().map(Recipe.Entry::describe).collect(Collectors.joining("; ")));
    }
  }

  /** Requires finite weights and biases; other constants keep their operators in floats. */
  private static void requireFiniteWeights(Model model) {
    List<UnsupportedModelException.Item> items = new ArrayList<>();
    for (Graph graph : model.graphs()) {
      Set<Integer> weights = new TreeSet<>();
      for (Node node : graph.nodes()) {
        QuantizationRule rule = node.op().quantizationRule();
        List<Integer> indices = new ArrayList<>(rule.stored());
        indices.add(rule.weights());
        indices.add(rule.bias());
        indices.stream()
            .filter(index -> index >= 0 && index < node.inputs().size())
            .map(node.inputs()::get)
            .filter(id -> OperandRoles.isFloatConstant(graph, id))
            .forEach(weights::add);
      }
      for (int id : weights) {
        if (!OperandRoles.isFinite(graph.value(id))) {
          items.add(
              new UnsupportedModelException.Item(
                  "constant '" + graph.value(id).name() + "'",
                  "it has values that are not finite, which integers cannot represent",
                  "retrain the model"));
        }
      }
    }
    if (!items.isEmpty()) {
      throw new UnsupportedModelException(items);
    }
  }

  /**
   * Quantizes a model that {@link #prepare} has returned.
   *
   * @param statistics the statistics of that model; {@link Statistics#NONE} if the recipe needs no
   *     calibration or the model has trained ranges
   */
  public QuantizationResult quantizePrepared(Model prepared, Statistics statistics) {
    List<String> warnings = new ArrayList<>();
    List<Graph> graphs = new ArrayList<>();
    List<QuantizationReport.Layer> layers = new ArrayList<>();
    Map<Integer, Integer> renamed = new HashMap<>();
    if (!recipe.needsCalibration() && hasTrainedRanges(prepared)) {
      warnings.add(
          "the model was trained with ranges of activations, which this mode does not use; int8"
              + " uses them, without calibration data");
    }
    for (int g = 0; g < prepared.graphs().size(); g++) {
      Graph graph = prepared.graphs().get(g);
      boolean main = g == 0;
      var ranges = new ValueRanges(graph, main ? statistics : Statistics.NONE, recipe);
      warnings.addAll(ranges.warnings());
      warnings.addAll(integersBefore(graph));
      List<NodeDecision> decisions =
          ModeSelector.select(
              prepared,
              g,
              recipe,
              ranges,
              main ? inFloat(graph, recipe.head(), statistics, warnings) : Set.of());
      graphs.add(quantize(graph, decisions, ranges, main, statistics, renamed, warnings));
      if (main) {
        report(graph, decisions, layers);
      }
    }
    List<Signature> signatures =
        prepared.signatures().stream().map(s -> s.graph() == 0 ? renamed(s, renamed) : s).toList();
    Model clean =
        Rewriter.rewrite(prepared.with(graphs, signatures), List.of(CleanupRules.DROP_UNUSED))
            .model();
    return new QuantizationResult(clean, new QuantizationReport(layers, warnings));
  }

  /** Returns a warning if operators of a graph compute in quantized integers already. */
  private static List<String> integersBefore(Graph graph) {
    long integers =
        graph.nodes().stream()
            .filter(n -> !OperandRoles.touchesFloats(graph, n))
            .filter(
                n ->
                    n.outputs().stream()
                        .map(graph::value)
                        .anyMatch(v -> v.quantization() != null && v.quantization().isQuantized()))
            .count();
    return integers == 0
        ? List.of()
        : List.of(
            "%d operators of '%s' compute in integers already and stay as they are; quantize the"
                    .formatted(integers, graph.name())
                + " float model to change them");
  }

  private Set<Integer> inFloat(
      Graph graph, HeadMode head, Statistics statistics, List<String> warnings) {
    Set<Integer> nodes =
        new HashSet<>(ClassifierHeads.inFloat(graph, head, activations(), statistics, warnings));
    nodes.addAll(floatNodes);
    return nodes;
  }

  /**
   * Plans the quantization of a model that {@link #prepare} has returned. Unlike in {@link
   * #quantizePrepared}, heads with {@link HeadMode#AUTO} compute in floats, because ties of scores
   * cannot be predicted before training.
   *
   * @param statistics the statistics of that model; {@link Statistics#NONE} if the recipe needs no
   *     calibration
   */
  public QuantizationPlan plan(Model prepared, Statistics statistics) {
    Graph graph = prepared.mainGraph();
    var ranges = new ValueRanges(graph, statistics, recipe);
    HeadMode head = recipe.head() == HeadMode.AUTO ? HeadMode.FLOAT : recipe.head();
    List<NodeDecision> decisions =
        ModeSelector.select(
            prepared, 0, recipe, ranges, inFloat(graph, head, statistics, new ArrayList<>()));
    return QuantizationPlanner.plan(
        graph, recipe, decisions, scaleGroups(graph, decisions, ranges));
  }

  private static Map<TensorType, ScaleGroups> scaleGroups(
      Graph graph, List<NodeDecision> decisions, ValueRanges ranges) {
    Map<TensorType, ScaleGroups> groups = new EnumMap<>(TensorType.class);
    for (TensorType type : List.of(TensorType.INT8, TensorType.INT16)) {
      groups.put(type, new ScaleGroups(graph, decisions, type, ranges));
    }
    return groups;
  }

  private static Signature renamed(Signature signature, Map<Integer, Integer> renamed) {
    IntUnaryOperator newId = id -> renamed.getOrDefault(id, id);
    return signature.mapValues(newId, newId);
  }

  private TensorType activations() {
    return recipe.entries().stream()
        .map(Recipe.Entry::settings)
        .filter(s -> s.mode() == QuantizationMode.INTEGER)
        .map(QuantizationSettings::activations)
        .findFirst()
        .orElse(TensorType.INT8);
  }

  private Graph quantize(
      Graph graph,
      List<NodeDecision> decisions,
      ValueRanges ranges,
      boolean main,
      Statistics statistics,
      Map<Integer, Integer> renamed,
      List<String> warnings) {
    Map<TensorType, ScaleGroups> groups = scaleGroups(graph, decisions, ranges);
    Map<Integer, float[]> biases =
        recipe.correctBias() ? BiasCorrection.of(graph, decisions, statistics) : Map.of();
    var quantizer =
        new GraphQuantizer(graph, decisions, groups, ranges, biases, recipe.needsCalibration());
    Graph quantized =
        main
            ? quantizer.run(inputType, outputType, renamed)
            : quantizer.run(TensorType.FLOAT32, TensorType.FLOAT32, new HashMap<>());
    warnings.addAll(quantizer.warnings());
    return quantized;
  }

  private static void report(
      Graph graph, List<NodeDecision> decisions, List<QuantizationReport.Layer> layers) {
    for (int n = 0; n < decisions.size(); n++) {
      Node node = graph.nodes().get(n);
      if (OperandRoles.touchesFloats(graph, node) && !node.outputs().isEmpty()) {
        layers.add(
            new QuantizationReport.Layer(
                graph.value(node.outputs().getFirst()).name(),
                node.op().type().name(),
                decisions.get(n).settings().mode(),
                decisions.get(n).obstacle()));
      }
    }
  }
}
