package dev.whittle.ir.kernel;

/**
 * The computation of a node's outputs, made once for the types and quantization parameters of the
 * operands and then run any number of times. A kernel may keep scratch buffers between runs, so a
 * kernel is used by one thread at a time. A run should not allocate memory once shapes have
 * settled.
 */
@FunctionalInterface
public interface Kernel {
  /**
   * Computes the outputs. An output has its final shape already if its operator inferred the shape;
   * if a dimension was inferred to be dynamic, the kernel resizes the output. Contents of outputs
   * are arbitrary before the run.
   *
   * @throws dev.whittle.ir.tensor.OperandException if the contents of the inputs are invalid, such
   *     as an index out of range
   */
  void run(Invocation invocation);
}
