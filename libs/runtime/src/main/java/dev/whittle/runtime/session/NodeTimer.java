package dev.whittle.runtime.session;

/** Is told how long each node of a running model takes. */
@FunctionalInterface
public interface NodeTimer {
  /**
   * Called when a node has run, in execution order. Nodes of a graph that another node runs are
   * told before that node, whose time includes theirs.
   *
   * @param graph the index of the graph in the model
   * @param node the node's index in the graph
   */
  void ran(int graph, int node, long nanoseconds);
}
