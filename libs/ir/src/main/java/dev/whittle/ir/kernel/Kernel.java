package dev.whittle.ir.kernel;

/**
 * Computes a node's outputs. May keep scratch space between runs, so one kernel serves one thread.
 * Outputs whose extents were inferred have their final shape when {@link #run} is called.
 */
@FunctionalInterface
public interface Kernel {
  /**
   * Computes the outputs.
   *
   * @throws dev.whittle.ir.OperandException if the contents of the inputs make no sense, such as an
   *     index out of range
   */
  void run(Invocation invocation);
}
