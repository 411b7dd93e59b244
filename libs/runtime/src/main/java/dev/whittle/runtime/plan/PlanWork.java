package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Model;
import dev.whittle.ir.Node;
import dev.whittle.ir.Operands;
import dev.whittle.ir.ShapeInference;
import dev.whittle.ir.tensor.Shape;

/**
 * A rough estimate of the work of running a graph, in multiply-adds. Values whose shapes are known
 * only at run time are not counted.
 */
final class PlanWork {
  /** The work for each element of an output, in addition to multiply-adds. */
  private static final long ELEMENT = 16;

  /** The assumed number of iterations of a loop, for the graphs of its body and condition. */
  private static final long ITERATIONS = 1000;

  private PlanWork() {}

  /** Returns the work in a graph during one run of the model, in multiply-adds. */
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
    return (long) (isEntry ? work : work * ITERATIONS);
  }
}
