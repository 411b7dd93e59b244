package dev.whittle.runtime.session;

import dev.whittle.ir.tensor.Tensor;

/** A listener to the values that the nodes of a running model compute. */
@FunctionalInterface
public interface TensorObserver {
  /**
   * Receives a computed value, in execution order.
   *
   * @param graph the index of the graph in the model
   * @param value the value's id in the graph
   * @param contents the value, valid only during the call because its memory is reused
   */
  void computed(int graph, int value, Tensor contents);
}
