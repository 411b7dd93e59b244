package dev.whittle.runtime.kernel.simd;

/**
 * A block of a GEMM's accumulators, and the place of its results in the output. Each thread has one
 * and changes it between calls, so that calls allocate nothing.
 */
public final class AccumulatorBlock {
  /** Index of the first accumulator. */
  int offset;

  /** Elements from one row of accumulators to the next. */
  int stride;

  /** The first row, as the output counts them. */
  int firstRow;

  int rows;

  /** The first column, as the layer counts them. */
  int firstColumn;

  int columns;

  /** Index of the first result, relative to the output's first element. */
  int outputOffset;

  /** Elements from one row of the output to the next. */
  int outputStride;

  /**
   * Sets where the accumulators are.
   *
   * @param first index of the first accumulator
   * @param newStride elements from one row to the next
   */
  public AccumulatorBlock accumulators(int first, int newStride) {
    offset = first;
    stride = newStride;
    return this;
  }

  /** Selects rows, as the output counts them. */
  public AccumulatorBlock rows(int first, int count) {
    firstRow = first;
    rows = count;
    return this;
  }

  /** Selects columns, as the layer counts them. */
  public AccumulatorBlock columns(int first, int count) {
    firstColumn = first;
    columns = count;
    return this;
  }

  /**
   * Sets where the results go.
   *
   * @param first index of the first result, relative to the output's first element
   * @param newStride elements from one row to the next
   */
  public AccumulatorBlock output(int first, int newStride) {
    outputOffset = first;
    outputStride = newStride;
    return this;
  }

  public int offset() {
    return offset;
  }

  public int stride() {
    return stride;
  }

  public int firstRow() {
    return firstRow;
  }

  public int rows() {
    return rows;
  }

  public int firstColumn() {
    return firstColumn;
  }

  public int columns() {
    return columns;
  }

  public int outputOffset() {
    return outputOffset;
  }

  public int outputStride() {
    return outputStride;
  }
}
