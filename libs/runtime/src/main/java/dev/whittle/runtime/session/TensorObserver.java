package dev.whittle.runtime.session;

import dev.whittle.ir.tensor.Tensor;

/** Sees what each node of a running model computes. */
@FunctionalInterface
public interface TensorObserver {
  /**
   * Called when a value has been computed, in execution order.
   *
   * @param graph the index of the graph in the model
   * @param value the value's id in the graph
   * @param contents valid during the call only: the memory is used again
   */
  void computed(int graph, int value, Tensor contents);
}
