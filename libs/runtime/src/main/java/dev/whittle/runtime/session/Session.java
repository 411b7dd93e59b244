package dev.whittle.runtime.session;

import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A model in an engine, ready to run. Used by one thread at a time. Graphs and values are numbered
 * as in the model.
 */
public interface Session extends AutoCloseable {
  /** Gives input {@code input} of a graph other extents; contents of all its tensors are lost. */
  void resize(int graph, int input, int[] dims);

  /** Plans a graph's memory for the present input extents; does nothing if that is done. */
  void allocate(int graph);

  /**
   * A view of an input or output. Inputs may be filled once the graph is allocated; outputs have
   * their final extents after {@link #run}. Valid until the graph is resized, run again (outputs
   * only) or closed.
   */
  Tensor tensor(int graph, int value);

  /** Computes the outputs of a graph from its inputs. */
  void run(int graph);

  /** Sets all variables back to what they were at first. */
  void resetVariables();

  /** Bytes that activations take in the present plan of a graph; -1 if unknown. */
  long activationBytes(int graph);

  /**
   * What the present plan of a graph does with each node.
   *
   * @throws UnsupportedOperationException if this engine does not say
   */
  default List<PlannedNode> plan(int graph) {
    throw new UnsupportedOperationException("this engine does not show its plan");
  }

  /**
   * Shows an observer every value that a node computes from now on; null for nobody.
   *
   * @throws UnsupportedOperationException if this engine cannot
   */
  default void observe(@Nullable TensorObserver observer) {
    throw new UnsupportedOperationException("this engine does not show what nodes compute");
  }

  /**
   * Tells a timer how long each node takes from now on; null for nobody.
   *
   * @throws UnsupportedOperationException if this engine cannot
   */
  default void time(@Nullable NodeTimer timer) {
    throw new UnsupportedOperationException("this engine does not time nodes");
  }

  @Override
  void close();
}
