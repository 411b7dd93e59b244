package dev.whittle.runtime.plan;

import dev.whittle.ir.Graph;
import dev.whittle.ir.Node;
import java.util.Arrays;
import java.util.function.IntPredicate;

/** The producer and the number of uses of each value of a graph. */
final class ValueUses {
  private final int[] uses;
  private final int[] producers;

  /**
   * Counts the uses of a graph's values.
   *
   * @param runs tells whether a node runs; nodes that do not run use no values
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
   * Returns the node that computes a node's first input, if nothing else reads that value.
   *
   * @return -1 if no node computes it, or if it is an output or an input of other nodes
   */
  int soleProducer(Node node) {
    return soleProducer(node, 0);
  }

  /** Returns the node that computes input {@code i} of a node, as {@link #soleProducer(Node)}. */
  int soleProducer(Node node, int i) {
    int input = i < node.inputs().size() ? node.inputs().get(i) : Node.ABSENT;
    return input == Node.ABSENT || uses[input] != 1 ? -1 : producers[input];
  }
}
