package dev.whittle.runtime.session;

/** A listener to the durations of the nodes of a running model. */
@FunctionalInterface
public interface NodeTimer {
  /**
   * Receives the duration of a node, in execution order. Nodes of a subgraph are reported before
   * the node that runs it, whose duration includes theirs.
   *
   * @param graph the index of the graph in the model
   * @param node the node's index in the graph
   * @param nanoseconds the duration
   */
  void ran(int graph, int node, long nanoseconds);
}
