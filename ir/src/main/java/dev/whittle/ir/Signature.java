package dev.whittle.ir;

import java.util.List;

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
}
