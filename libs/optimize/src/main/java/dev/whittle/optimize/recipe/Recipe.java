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
 * What is done to which operators. Of several entries that match an operator the last one holds; an
 * operator that none matches stays as it is.
 *
 * @param calibrationMethod how the ranges of activations are chosen
 * @param equalize whether to even out the channels of adjacent layers before (Nagel et al.,
 *     "Data-free quantization through weight equalization and bias correction", 2019)
 * @param correctBias whether biases make up for the mean error of quantized weights (same source)
 * @param guard whether operators stay in floats whose numbers no integers of one scale can stand
 *     for, because a few dwarf the others
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
   * @param layers found in the name of one of the operator's outputs; null for all
   * @param operator the name of the operator, such as CONV_2D; null for all
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

    /** How messages name the entry. */
    public String describe() {
      return "layers %s, operator %s"
          .formatted(
              layers == null ? "any" : "'" + layers + "'", operator == null ? "any" : operator);
    }

    // Patterns are equal only to themselves.
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

  /** The same settings for all operators. */
  public static Recipe of(QuantizationSettings settings) {
    return new Recipe(
        List.of(new Entry(null, null, settings)),
        new CalibrationMethod.MinMax(),
        HeadMode.AUTO,
        false,
        false,
        true);
  }

  /** 8-bit weights, float activations. */
  public static Recipe dynamic() {
    return of(QuantizationSettings.DYNAMIC);
  }

  /** Weights in half precision. */
  public static Recipe float16() {
    return of(QuantizationSettings.FLOAT16);
  }

  /** 8-bit weights and activations; needs calibration. */
  public static Recipe int8() {
    return of(QuantizationSettings.INT8);
  }

  /** 8-bit weights and 16-bit activations; needs calibration. */
  public static Recipe int16x8() {
    return of(QuantizationSettings.INT16X8);
  }

  /**
   * Weights as integers that become floats before each operator.
   *
   * @param weights INT8 or INT4
   */
  public static Recipe weightsOnly(TensorType weights) {
    return of(
        QuantizationSettings.FLOAT.withMode(QuantizationMode.WEIGHTS_ONLY).withWeights(weights));
  }

  /** This recipe and, for operators that match, other settings. */
  public Recipe with(
      @Nullable String layers, @Nullable String operator, QuantizationSettings settings) {
    List<Entry> all = new ArrayList<>(entries);
    all.add(new Entry(layers == null ? null : Pattern.compile(layers), operator, settings));
    return new Recipe(all, calibrationMethod, head, equalize, correctBias, guard);
  }

  /** This recipe and, for the layer with exactly this name, other settings. */
  public Recipe withLayer(String name, QuantizationSettings settings) {
    boolean plain =
        name.chars().allMatch(c -> Character.isLetterOrDigit(c) || c == '_' || c == '/');
    return with("^" + (plain ? name : Pattern.quote(name)) + "$", null, settings);
  }

  /** The same with these settings for all entries that are not float. */
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

  public Recipe withCalibrationMethod(CalibrationMethod newRange) {
    return new Recipe(entries, newRange, head, equalize, correctBias, guard);
  }

  public Recipe withHead(HeadMode newHead) {
    return new Recipe(entries, calibrationMethod, newHead, equalize, correctBias, guard);
  }

  public Recipe withEqualize(boolean newEqualize) {
    return new Recipe(entries, calibrationMethod, head, newEqualize, correctBias, guard);
  }

  public Recipe withCorrectBias(boolean newCorrectBias) {
    return new Recipe(entries, calibrationMethod, head, equalize, newCorrectBias, guard);
  }

  public Recipe withGuard(boolean newGuard) {
    return new Recipe(entries, calibrationMethod, head, equalize, correctBias, newGuard);
  }

  /** Whether some operators are to compute in integers, so that calibration is needed. */
  public boolean needsCalibration() {
    return entries.stream().anyMatch(e -> e.settings().mode() == QuantizationMode.INTEGER);
  }

  /** The settings for a node: those of the last entry that matches. */
  public QuantizationSettings settings(Graph graph, Node node) {
    return entries.reversed().stream()
        .filter(e -> e.matches(graph, node))
        .map(Entry::settings)
        .findFirst()
        .orElse(QuantizationSettings.FLOAT);
  }

  /** The entries that name layers or an operator but match no node of these graphs. */
  public List<Entry> unmatched(List<Graph> graphs) {
    return entries.stream()
        .filter(e -> e.layers() != null || e.operator() != null)
        .filter(
            e -> graphs.stream().noneMatch(g -> g.nodes().stream().anyMatch(n -> e.matches(g, n))))
        .toList();
  }
}
