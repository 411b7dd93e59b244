package dev.whittle.convert;

import dev.whittle.convert.lower.Imported;
import dev.whittle.ir.rewrite.Rewriter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The report of a conversion.
 *
 * @param layers the operators of each layer, before the first rule
 * @param firings the applications of rules, in order
 */
public record ConversionReport(List<Imported.Layer> layers, List<Rewriter.Firing> firings) {
  public ConversionReport {
    layers = List.copyOf(layers);
    firings = List.copyOf(firings);
  }

  /** Returns a readable table: layers with their operators, then rules with their matches. */
  public String toText() {
    var text = new StringBuilder();
    int width = layers.stream().mapToInt(l -> l.name().length()).max().orElse(0);
    int classWidth = layers.stream().mapToInt(l -> l.className().length()).max().orElse(0);
    for (Imported.Layer layer : layers) {
      String operators =
          layer.operators().isEmpty() ? "(nothing)" : String.join(" ", layer.operators());
      text.append(layer.name().indent(0).strip())
          .append(" ".repeat(width - layer.name().length() + 2))
          .append(layer.className())
          .append(" ".repeat(classWidth - layer.className().length() + 2))
          .append(operators)
          .append('\n');
    }
    Map<String, List<String>> byRule = new TreeMap<>();
    for (Rewriter.Firing firing : firings) {
      byRule.computeIfAbsent(firing.rule(), k -> new java.util.ArrayList<>()).add(firing.where());
    }
    byRule.forEach(
        (rule, places) -> {
          text.append('\n').append(rule).append(": ").append(places.size()).append(" times\n");
          places.forEach(place -> text.append("  ").append(place).append('\n'));
        });
    return text.toString();
  }
}
