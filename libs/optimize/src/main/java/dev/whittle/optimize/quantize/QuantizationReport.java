package dev.whittle.optimize.quantize;

import dev.whittle.optimize.recipe.QuantizationMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What quantization did.
 *
 * @param layers one for each node of the main graph that has to do with floats
 * @param warnings what a user should know before trusting the model
 */
public record QuantizationReport(List<Layer> layers, List<String> warnings) {
  /**
   * What became of one node.
   *
   * @param name of its first output
   * @param obstacle why it stays float although the recipe says otherwise; null if it does not
   */
  public record Layer(
      String name, String operator, QuantizationMode mode, @Nullable String obstacle) {}

  public QuantizationReport {
    layers = List.copyOf(layers);
    warnings = List.copyOf(warnings);
  }

  /** The nodes that stay float although the recipe says otherwise. */
  public List<Layer> leftInFloat() {
    return layers.stream().filter(layer -> layer.obstacle() != null).toList();
  }

  /** A summary for people: counts, what stays float and why, warnings. */
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
        (reason, left) -> {
          lines.add("stay float because " + reason + ":");
          left.forEach(layer -> lines.add("  " + layer.operator() + " '" + layer.name() + "'"));
        });
    warnings.forEach(warning -> lines.add("warning: " + warning));
    return String.join("\n", lines);
  }

  private static String label(QuantizationMode compute) {
    return switch (compute) {
      case FLOAT -> "in floats";
      case DYNAMIC -> "in floats, weights quantized if large";
      case INTEGER -> "in integers";
      case WEIGHTS_ONLY -> "in floats, weights stored small if large";
    };
  }
}
