package dev.whittle.ir.kernel;

import dev.whittle.ir.tensor.Tensor;
import java.util.List;
import java.util.function.Supplier;

/**
 * The operands of one run of a {@link Kernel}, and its access to the interpreter: to other graphs
 * of the model and to resources that outlive the run.
 */
public interface Invocation {
  /** Returns the number of inputs, including optional ones that are left out between others. */
  int inputCount();

  /** Returns the number of outputs. */
  int outputCount();

  /** Returns whether input {@code i} is present; optional ones may be left out. */
  boolean hasInput(int i);

  /**
   * Returns input {@code i}, whose contents are not to be changed unless it is a variable.
   *
   * @throws dev.whittle.ir.tensor.OperandException if it is left out
   */
  Tensor input(int i);

  /** Returns output {@code i}, which the kernel fills and, if its shape is dynamic, resizes. */
  Tensor output(int i);

  /**
   * Runs another graph of the model. The outputs are resized to the shapes that the graph computes.
   *
   * @param graph the index of the graph in the model
   * @param inputs the graph's inputs
   * @param outputs receive the graph's outputs
   */
  void runSubgraph(int graph, List<Tensor> inputs, List<Tensor> outputs);

  /**
   * Runs a graph repeatedly while another graph computes true.
   *
   * @param condition the index of the graph that decides, from the state, whether to run the body
   *     again: its first output is a boolean scalar
   * @param body the index of the graph that computes the next state from the present one
   * @param state the inputs of both graphs; replaced by the outputs of the last run of the body
   * @throws java.util.concurrent.CancellationException if the thread is interrupted
   */
  void runLoop(int condition, int body, List<Tensor> state);

  /**
   * Returns a resource of the interpreter, which outlives the invocation and is shared by all
   * graphs: resource variables, hash tables.
   *
   * @param key the identity of the resource
   * @param type the class of the resource
   * @param create makes the resource when it is first requested
   */
  <T> T resource(Object key, Class<T> type, Supplier<T> create);
}
