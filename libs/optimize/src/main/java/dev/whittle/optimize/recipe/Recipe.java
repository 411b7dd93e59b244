package dev.whittle.optimize.recipe;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.CalibrationMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The quantization of each operator of a model. The last entry that matches an operator applies to
 * it. An operator without a matching entry stays in floats.
 *
 * @param entries settings for operators, in the order of their precedence
 * @param calibrationMethod the method that chooses the ranges of activations
 * @param head the treatment of classifier heads
 * @param equalize whether the ranges of adjacent layers' channels are equalized first (Nagel et
 *     al., "Data-free quantization through weight equalization and bias correction", 2019, section
 *     4.1)
 * @param correctBias whether biases compensate the mean error of quantized weights (same paper,
 *     section 4.2)
 * @param guard whether an operator stays in floats if quantization would round most of a tensor's
 *     numbers to zero, because a few large ones set the scale
 */
public record Recipe(
    List<Entry> entries,
    CalibrationMethod calibrationMethod,
    HeadMode head,
    boolean equalize,
    boolean correctBias,
    boolean guard) {

  /**
   * Settings for some operators.
   *
   * @param layers a pattern that is searched in the names of the operator's outputs; null for all
   * @param operator the name of the operator, such as CONV_2D; null for all
   * @param settings the settings for the operators that match both
   */
  public record Entry(
      @Nullable Pattern layers, @Nullable String operator, QuantizationSettings settings) {
    boolean matches(Graph graph, Node node) {
      if (operator != null && !node.op().type().name().equals(operator)) {
        return false;
      }
      Pattern pattern = layers;
      return pattern == null
          || node.outputs().stream().anyMatch(id -> pattern.matcher(graph.value(id).name()).find());
    }

    /** Returns the conditions of the entry as text for messages. */
    public String describe() {
      return "layers %s, operator %s"
          .formatted(
              layers == null ? "any" : "'" + layers + "'", operator == null ? "any" : operator);
    }

    // Pattern has no equals of its own; the expressions are compared instead.
    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Entry other
          && String.valueOf(layers).equals(String.valueOf(other.layers))
          && String.valueOf(operator).equals(String.valueOf(other.operator))
          && settings.equals(other.settings);
    }

    @Override
    public int hashCode() {
      return settings.hashCode();
    }
  }

  public Recipe {
    entries = List.copyOf(entries);
  }

  /** Returns a recipe with the same settings for all operators. */
  public static Recipe of(QuantizationSettings settings) {
    return new Recipe(
        List.of(new Entry(null, null, settings)),
        new CalibrationMethod.MinMax(),
        HeadMode.AUTO,
        false,
        false,
        true);
  }

  /** Returns the recipe for dynamic range quantization: 8-bit weights, float activations. */
  public static Recipe dynamic() {
    return of(QuantizationSettings.DYNAMIC);
  }

  /** Returns the recipe for weights in half precision. */
  public static Recipe float16() {
    return of(QuantizationSettings.FLOAT16);
  }

  /** Returns the recipe for 8-bit weights and activations, which needs calibration. */
  public static Recipe int8() {
    return of(QuantizationSettings.INT8);
  }

  /** Returns the recipe for 8-bit weights and 16-bit activations, which needs calibration. */
  public static Recipe int16x8() {
    return of(QuantizationSettings.INT16X8);
  }

  /**
   * Returns the recipe for integer weights that are dequantized before each operator.
   *
   * @param weights the type of the weights: INT8 or INT4
   */
  public static Recipe weightsOnly(TensorType weights) {
    return of(
        QuantizationSettings.FLOAT.withMode(QuantizationMode.WEIGHTS_ONLY).withWeights(weights));
  }

  /**
   * Returns this recipe with an additional entry, which takes precedence over the others.
   *
   * @param layers a regular expression that is searched in the names of outputs; null for all
   * @param operator the name of the operator; null for all
   * @throws java.util.regex.PatternSyntaxException if {@code layers} is not a regular expression
   */
  public Recipe with(
      @Nullable String layers, @Nullable String operator, QuantizationSettings settings) {
    List<Entry> all = new ArrayList<>(entries);
    all.add(new Entry(layers == null ? null : Pattern.compile(layers), operator, settings));
    return new Recipe(all, calibrationMethod, head, equalize, correctBias, guard);
  }

  /** Returns this recipe with an additional entry for the layer with exactly this name. */
  public Recipe withLayer(String name, QuantizationSettings settings) {
    boolean plain =
        name.chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '_' || c == '/');
    return with("^" + (plain ? name : Pattern.quote(name)) + "$", null, settings);
  }

  /** Returns this recipe with changed settings in all entries whose mode is not FLOAT. */
  public Recipe mapSettings(UnaryOperator<QuantizationSettings> change) {
    return new Recipe(
        entries.stream()
            .map(
                e ->
                    e.settings().mode() == QuantizationMode.FLOAT
                        ? e
                        : new Entry(e.layers(), e.operator(), change.apply(e.settings())))
            .toList(),
        calibrationMethod,
        head,
        equalize,
        correctBias,
        guard);
  }

  /** Returns this recipe with another method that chooses the ranges of activations. */
  public Recipe withCalibrationMethod(CalibrationMethod newRange) {
    return new Recipe(entries, newRange, head, equalize, correctBias, guard);
  }

  /** Returns this recipe with another treatment of classifier heads. */
  public Recipe withHead(HeadMode newHead) {
    return new Recipe(entries, calibrationMethod, newHead, equalize, correctBias, guard);
  }

  /** Returns this recipe with or without cross-layer equalization. */
  public Recipe withEqualize(boolean newEqualize) {
    return new Recipe(entries, calibrationMethod, head, newEqualize, correctBias, guard);
  }

  /** Returns this recipe with or without bias correction. */
  public Recipe withCorrectBias(boolean newCorrectBias) {
    return new Recipe(entries, calibrationMethod, head, equalize, newCorrectBias, guard);
  }

  /** Returns this recipe with or without the guard against underflow. */
  public Recipe withGuard(boolean newGuard) {
    return new Recipe(entries, calibrationMethod, head, equalize, correctBias, newGuard);
  }

  /** Returns whether some operators compute in integers, so that calibration is needed. */
  public boolean needsCalibration() {
    return entries.stream().anyMatch(e -> e.settings().mode() == QuantizationMode.INTEGER);
  }

  /** Returns the settings for a node: those of the last entry that matches. */
  public QuantizationSettings settings(Graph graph, Node node) {
    return entries.reversed().stream()
        .filter(e -> e.matches(graph, node))
        .map(Entry::settings)
        .findFirst()
        .orElse(QuantizationSettings.FLOAT);
  }

  /** Returns the entries that name layers or an operator but match no node of these graphs. */
  public List<Entry> unmatched(List<Graph> graphs) {
    return entries.stream()
        .filter(e -> e.layers() != null || e.operator() != null)
        .filter(
            e -> graphs.stream().noneMatch(g -> g.nodes().stream().anyMatch(n -> e.matches(g, n))))
        .toList();
  }
}
