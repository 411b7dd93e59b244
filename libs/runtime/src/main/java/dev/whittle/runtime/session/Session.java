package dev.whittle.runtime.session;

import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model that an engine has made ready to run. Not thread-safe: one thread uses it at a time.
 * Graphs and inputs are numbered, and values identified, as in the model.
 */
public interface Session extends AutoCloseable {
  /**
   * Changes the shape of an input. The contents of all tensors of the graph are lost.
   *
   * @param input the index of the input
   * @param dims the new dimensions, each 0 or more
   */
  void resize(int graph, int input, int[] dims);

  /** Plans a graph for the present input shapes, unless that has been done. */
  void allocate(int graph);

  /**
   * Returns a view of an input or output. Inputs may be filled once the graph is allocated; outputs
   * have their final shapes after {@link #run}. The view is valid until an input is resized, the
   * graph is run again (outputs only), or the session is closed.
   *
   * @param value the value's id
   */
  Tensor tensor(int graph, int value);

  /** Computes the outputs of a graph from its inputs. */
  void run(int graph);

  /** Resets all variables to their initial contents. */
  void resetVariables();

  /**
   * Returns the size of the activations in the present plan of a graph, in bytes; -1 if the engine
   * does not report it.
   */
  long activationBytes(int graph);

  /**
   * Returns the present plan of a graph, node by node.
   *
   * @throws UnsupportedOperationException if this engine does not show its plan
   */
  default List<PlannedNode> plan(int graph) {
    throw new UnsupportedOperationException("this engine does not show its plan");
  }

  /**
   * Sets the observer of the values that nodes compute.
   *
   * @param observer null for none
   * @throws UnsupportedOperationException if this engine does not report values
   */
  default void observe(@Nullable TensorObserver observer) {
    throw new UnsupportedOperationException(
        "this engine does not report the values that nodes compute");
  }

  /**
   * Sets the timer of nodes.
   *
   * @param timer null for none
   * @throws UnsupportedOperationException if this engine does not time nodes
   */
  default void time(@Nullable NodeTimer timer) {
    throw new UnsupportedOperationException("this engine does not time nodes");
  }

  @Override
  void close();
}
