package dev.whittle.runtime;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Op;
import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.op.CustomOp;
import dev.whittle.ir.op.OpaqueOp;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs every operator with its reference kernel, on one thread. Plain, exact, not fast. */
public final class ReferenceEngine implements Engine {
  public static final String NAME = "reference";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Session open(Model model, @Nullable MemorySegment file, InterpreterOptions options) {
    requireKnownOperators(model);
    return new PlannedSession(model, options, Op::kernel);
  }

  static void requireKnownOperators(Model model) {
    List<UnsupportedModelException.Item> unknown = new ArrayList<>();
    for (Graph graph : model.graphs()) {
      for (int n = 0; n < graph.nodes().size(); n++) {
        Node node = graph.nodes().get(n);
        if (node.op() instanceof OpaqueOp
            || (node.op() instanceof CustomOp custom && !custom.isImplemented())) {
          unknown.add(unknown(graph, n, node));
        }
      }
    }
    if (!unknown.isEmpty()) {
      throw new UnsupportedModelException(unknown);
    }
  }

  private static UnsupportedModelException.Item unknown(Graph graph, int n, Node node) {
    String what =
        node.op() instanceof CustomOp
            ? "custom operator without an implementation"
            : "operator that this engine does not implement";
    return new UnsupportedModelException.Item(
        graph.describe(n), what, "the native runtime may know it: try the engine 'litert'");
  }
}
