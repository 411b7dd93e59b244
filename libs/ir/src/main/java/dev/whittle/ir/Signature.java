package dev.whittle.ir;

import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * A named way to call a model: a graph, and names for its inputs and outputs.
 *
 * @param key the name of the signature
 * @param graph the index of the graph in the model
 * @param inputs the names of inputs
 * @param outputs the names of outputs
 */
public record Signature(String key, int graph, List<Port> inputs, List<Port> outputs) {
  /**
   * A named input or output.
   *
   * @param name the name
   * @param value the id of the value in the graph
   */
  public record Port(String name, int value) {}

  public Signature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** Returns this signature with the ids of its values mapped by functions. */
  public Signature mapValues(IntUnaryOperator toInput, IntUnaryOperator toOutput) {
    return new Signature(key, graph, map(inputs, toInput), map(outputs, toOutput));
  }

  private static List<Port> map(List<Port> ports, IntUnaryOperator to) {
    return ports.stream().map(p -> new Port(p.name(), to.applyAsInt(p.value()))).toList();
  }
}
