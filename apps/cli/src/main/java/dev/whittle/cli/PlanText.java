package dev.whittle.cli;

import dev.whittle.ir.Graph;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.Interpreter;
import dev.whittle.runtime.session.PlannedNode;
import java.util.List;
import java.util.stream.Collectors;

/** A plan in words: which kernel runs each node, and where in its arena each output is. */
final class PlanText {
  private PlanText() {}

  /**
   * The plan of the main graph.
   *
   * @throws UsageException if the engine does not show its plan
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
    String where =
        place.offset() < 0
            ? "outside the arenas"
            : "at %,d of the %s arena"
                .formatted(
                    place.offset(),
                    graph.value(place.value()).type() == TensorType.FLOAT32 ? "float" : "byte");
    String size =
        place.bytes() < 0 ? "size known when it runs" : "%,d bytes".formatted(place.bytes());
    return "#%d %s, %s".formatted(place.value(), where, size);
  }
}
