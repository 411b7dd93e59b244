package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import java.util.Arrays;
import java.util.function.IntPredicate;

/** Who computes and who reads each value of a graph. */
final class ValueUses {
  private final int[] uses;
  private final int[] producers;

  /**
   * Looks at a graph.
   *
   * @param runs whether a node is to run; others read nothing
   */
  ValueUses(Graph graph, IntPredicate runs) {
    uses = new int[graph.values().size()];
    producers = new int[graph.values().size()];
    Arrays.fill(producers, -1);
    graph.outputs().forEach(id -> uses[id]++);
    for (int n = 0; n < graph.nodes().size(); n++) {
      Node node = graph.nodes().get(n);
      if (runs.test(n)) {
        node.inputs().stream().filter(id -> id != Node.ABSENT).forEach(id -> uses[id]++);
      }
      for (int id : node.outputs()) {
        producers[id] = n;
      }
    }
  }

  /**
   * The node that computes a node's first input for that node alone; -1 if there is none, or others
   * read it too: nodes, or whoever runs the graph.
   */
  int onlyFor(Node node) {
    return onlyFor(node, 0);
  }

  /** {@link #onlyFor(Node)}, of the input at some place. */
  int onlyFor(Node node, int place) {
    int input = place < node.inputs().size() ? node.inputs().get(place) : Node.ABSENT;
    return input == Node.ABSENT || uses[input] != 1 ? -1 : producers[input];
  }
}
