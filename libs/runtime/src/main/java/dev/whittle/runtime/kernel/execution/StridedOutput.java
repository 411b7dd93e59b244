package dev.whittle.runtime.kernel.execution;

/** A kernel that can write its output to some columns of a wider tensor, with its stride. */
public interface StridedOutput {
  /**
   * Makes the output part of a tensor with more elements along its last axis.
   *
   * @param columns elements of the wider tensor along the last axis
   * @param first the output's first column in the wider tensor
   */
  void writeTo(int columns, int first);
}
