package dev.whittle.runtime.kernel.execution;

/** A kernel whose output rows may be columns of a wider tensor. */
public interface StridedOutput {
  /**
   * Makes the output a stripe of a tensor that has more elements along its last axis.
   *
   * @param columns elements of the wider tensor's rows
   * @param first where in its rows the output begins
   */
  void writeTo(int columns, int first);
}
