package dev.whittle.cli;

import dev.whittle.cli.option.UsageException;
import dev.whittle.ir.Graph;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.session.PlannedNode;
import java.util.List;
import java.util.stream.Collectors;

/** The text of a plan: the kernel of each node, and the place of each output in an arena. */
final class PlanText {
  private PlanText() {}

  /**
   * Returns the plan of the main graph.
   *
   * @throws UsageException if the engine has no plan
   */
  static String of(Interpreter interpreter) {
    Graph graph = interpreter.model().mainGraph();
    List<PlannedNode> plan;
    try {
      plan = interpreter.plan();
    } catch (UnsupportedOperationException e) {
      throw new UsageException("--explain: " + e.getMessage());
    }
    var text = new StringBuilder();
    for (PlannedNode planned : plan) {
      text.append(
          "  %4d %-24s %s%n"
              .formatted(
                  planned.node(),
                  graph.nodes().get(planned.node()).op().type().name(),
                  planned.kernel()));
      text.append(
          planned.outputs().stream()
              .map(place -> "       " + place(graph, place) + System.lineSeparator())
              .collect(Collectors.joining()));
    }
    text.append("  arenas: %,d bytes%n".formatted(interpreter.activationBytes()));
    return text.toString();
  }

  private static String place(Graph graph, PlannedNode.Place place) {
    String location =
        place.offset() < 0
            ? "outside the arenas"
            : "at %,d of the %s arena"
                .formatted(
                    place.offset(),
                    graph.value(place.value()).type() == TensorType.FLOAT32 ? "float" : "byte");
    String size =
        place.bytes() < 0 ? "size unknown before it runs" : "%,d bytes".formatted(place.bytes());
    return "#%d %s, %s".formatted(place.value(), location, size);
  }
}
