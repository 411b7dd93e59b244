package dev.whittle.ir;

import java.util.List;

/**
 * A TensorFlow Lite subgraph: values and the nodes that compute them. {@link GraphCheck} checks
 * whether it is valid.
 *
 * @param name a label for people
 * @param values the values; the one at index i has id i
 * @param inputs the ids of the values that the caller provides
 * @param outputs the ids of the values that the caller reads
 * @param nodes the nodes in execution order
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

  /** Returns this graph with other values. */
  public Graph withValues(List<Value> newValues) {
    return new Graph(name, newValues, inputs, outputs, nodes, debugMetadataIndex);
  }

  /** Returns this graph with other nodes. */
  public Graph withNodes(List<Node> newNodes) {
    return new Graph(name, values, inputs, outputs, newNodes, debugMetadataIndex);
  }

  public Value value(int id) {
    return values.get(id);
  }

  /** Returns a node's index, operator and first output, for messages. */
  public String describe(int nodeIndex) {
    Node node = nodes.get(nodeIndex);
    String output =
        node.outputs().isEmpty() || node.outputs().getFirst() < 0
            ? "no output"
            : "'" + value(node.outputs().getFirst()).name() + "'";
    return "node %d %s (%s)".formatted(nodeIndex, node.op().type().name(), output);
  }
}
