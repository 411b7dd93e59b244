package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Operands;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.tensor.Shape;

/**
 * How much a run of a graph computes, in multiply-adds; a rough estimate, for choosing what to plan
 * with. What has extents that only the run tells is not counted.
 */
final class PlanWork {
  /** What an element of other operators' outputs counts. */
  private static final long ELEMENT = 16;

  /** How often a run of the model may run a graph that is the body of a loop. */
  private static final long TURNS = 1000;

  private PlanWork() {}

  /** The work of one run of the model in that graph. */
  static long of(Model model, int graphIndex, ShapeInference.Inferred inferred) {
    Graph graph = model.graphs().get(graphIndex);
    double work = 0;
    for (Node node : graph.nodes()) {
      Operands operands = ShapeInference.operands(model, graph, node, inferred);
      work += node.op().multiplyAccumulates(operands);
      for (int i = 0; i < operands.outputCount(); i++) {
        Shape shape = operands.output(i).shape();
        work += shape.isStatic() ? (double) ELEMENT * shape.elements() : 0;
      }
    }
    boolean isEntry =
        graphIndex == 0 || model.signatures().stream().anyMatch(s -> s.graph() == graphIndex);
    return (long) (isEntry ? work : work * TURNS);
  }
}
