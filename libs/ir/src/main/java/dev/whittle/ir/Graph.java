package dev.whittle.ir;

import java.util.List;

/**
 * A TensorFlow Lite subgraph: values by id and the nodes that compute them, in execution order.
 * {@link GraphCheck} states what makes a graph valid.
 *
 * @param values the value at index i has id i
 * @param inputs ids of the values the caller provides
 * @param outputs ids of the values the caller reads
 * @param debugMetadataIndex an index into the file's debug metadata; -1 for none
 */
public record Graph(
    String name,
    List<Value> values,
    List<Integer> inputs,
    List<Integer> outputs,
    List<Node> nodes,
    int debugMetadataIndex) {
  public Graph {
    values = List.copyOf(values);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    nodes = List.copyOf(nodes);
  }

  public Graph(
      String name,
      List<Value> values,
      List<Integer> inputs,
      List<Integer> outputs,
      List<Node> nodes) {
    this(name, values, inputs, outputs, nodes, -1);
  }

  /** The same graph with other descriptions of its values. */
  public Graph withValues(List<Value> newValues) {
    return new Graph(name, newValues, inputs, outputs, nodes, debugMetadataIndex);
  }

  /** The same graph with other nodes. */
  public Graph withNodes(List<Node> newNodes) {
    return new Graph(name, values, inputs, outputs, newNodes, debugMetadataIndex);
  }

  public Value value(int id) {
    return values.get(id);
  }

  /** How messages name a node: its position, operator and first output. */
  public String describe(int nodeIndex) {
    Node node = nodes.get(nodeIndex);
    String output =
        node.outputs().isEmpty() || node.outputs().getFirst() < 0
            ? "no output"
            : "'" + value(node.outputs().getFirst()).name() + "'";
    return "node %d %s (%s)".formatted(nodeIndex, node.op().type().name(), output);
  }
}
