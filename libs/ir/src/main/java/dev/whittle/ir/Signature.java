package dev.whittle.ir;

import java.util.List;
import java.util.function.IntUnaryOperator;

/**
 * A named way to call a model: names for the inputs and outputs of one of its graphs.
 *
 * @param graph the index of the graph it runs
 */
public record Signature(String key, int graph, List<Port> inputs, List<Port> outputs) {
  /** A name for the value with id {@code value}. */
  public record Port(String name, int value) {}

  public Signature {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** The same signature for other values, which are found by the present ones. */
  public Signature mapValues(IntUnaryOperator toInput, IntUnaryOperator toOutput) {
    return new Signature(key, graph, map(inputs, toInput), map(outputs, toOutput));
  }

  private static List<Port> map(List<Port> ports, IntUnaryOperator to) {
    return ports.stream().map(p -> new Port(p.name(), to.applyAsInt(p.value()))).toList();
  }
}
