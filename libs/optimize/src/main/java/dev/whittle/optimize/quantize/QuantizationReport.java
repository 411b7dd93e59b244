package dev.whittle.optimize.quantize;

import dev.whittle.optimize.recipe.QuantizationMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A report of a quantization.
 *
 * @param layers an entry for each node of the main graph that had float operands
 * @param warnings reasons to doubt the accuracy of the model
 */
public record QuantizationReport(List<Layer> layers, List<String> warnings) {
  /**
   * The quantization of one node.
   *
   * @param name the name of its first output
   * @param operator the name of its operator
   * @param mode the mode in which it computes
   * @param obstacle the reason why it stays in floats against the recipe; null if it follows the
   *     recipe
   */
  public record Layer(
      String name, String operator, QuantizationMode mode, @Nullable String obstacle) {}

  public QuantizationReport {
    layers = List.copyOf(layers);
    warnings = List.copyOf(warnings);
  }

  /** Returns the nodes that stay in floats against the recipe. */
  public List<Layer> leftInFloat() {
    return layers.stream().filter(layer -> layer.obstacle() != null).toList();
  }

  /** Returns a summary: counts of modes, nodes that stay in floats with the reason, warnings. */
  public String toText() {
    List<String> lines = new ArrayList<>();
    Map<QuantizationMode, Long> counts =
        layers.stream()
            .collect(Collectors.groupingBy(Layer::mode, TreeMap::new, Collectors.counting()));
    lines.add(
        counts.entrySet().stream()
            .map(e -> e.getValue() + " " + label(e.getKey()))
            .collect(Collectors.joining(", ", "operators: ", "")));
    Map<String, List<Layer>> byReason = new TreeMap<>();
    for (Layer layer : leftInFloat()) {
      byReason.computeIfAbsent(String.valueOf(layer.obstacle()), k -> new ArrayList<>()).add(layer);
    }
    byReason.forEach(
        (reason, kept) -> {
          lines.add("left in floats because " + reason + ":");
          kept.forEach(layer -> lines.add("  " + layer.operator() + " '" + layer.name() + "'"));
        });
    warnings.forEach(warning -> lines.add("warning: " + warning));
    return String.join("\n", lines);
  }

  private static String label(QuantizationMode compute) {
    return switch (compute) {
      case FLOAT -> "in floats";
      case DYNAMIC -> "in floats, weights quantized if large";
      case INTEGER -> "in integers";
      case WEIGHTS_ONLY -> "in floats, weights compressed if large";
    };
  }
}
