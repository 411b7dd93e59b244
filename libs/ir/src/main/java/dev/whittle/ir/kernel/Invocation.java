package dev.whittle.ir.kernel;

import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;

/** The operands of one run of a {@link Kernel}. */
public interface Invocation {
  int inputCount();

  int outputCount();

  /** Whether input {@code i} is there. */
  boolean hasInput(int i);

  /** Input {@code i}, which must be there. */
  Tensor input(int i);

  Tensor output(int i);

  /**
   * Runs another graph of the model. Outputs are resized to what the graph computes and filled.
   *
   * @param graph its index in the model
   */
  void runSubgraph(int graph, List<Tensor> inputs, List<Tensor> outputs);

  /**
   * Runs a graph as long as another one says so.
   *
   * @param condition index of the graph whose first output, one truth value, says whether to go on
   * @param body index of the graph that makes the next state of a state
   * @param state read by both graphs; holds the last state in the end
   * @throws java.util.concurrent.CancellationException if the thread is interrupted
   */
  void runLoop(int condition, int body, List<Tensor> state);

  /**
   * State of the interpreter that outlives an invocation and is shared by all graphs: resource
   * variables, hash tables.
   *
   * @param key what identifies the resource
   * @param create makes it at its first use
   */
  <T> T resource(Object key, Class<T> type, Supplier<T> create);
}
