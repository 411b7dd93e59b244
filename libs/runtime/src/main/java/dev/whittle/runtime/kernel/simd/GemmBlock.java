package dev.whittle.runtime.kernel.simd;

/**
 * The block of a matrix product that one call of {@link MicroKernels#multiply} computes. Each
 * thread has one and changes it between calls, so that calls allocate nothing.
 */
public final class GemmBlock {
  /** An index that is added to all offsets of the left operand's rows. */
  int base;

  /** The first row, as the indirection buffer counts them. */
  int firstRow;

  int rows;
  int firstPanel;

  /** The panel after the last. */
  int endPanel;

  /** Index in the output array of column 0 of the first row. */
  int outputOffset;

  /** Elements from one row of the output to the next. */
  int outputStride;

  /**
   * True if each row of the output has room for all columns of the panels, padding included, and no
   * other thread writes there.
   */
  boolean padded;

  /** Sets the index that is added to all offsets of the left operand's rows. */
  public GemmBlock base(int offset) {
    base = offset;
    return this;
  }

  /** Selects rows of the left operand, as the indirection buffer counts them. */
  public GemmBlock rows(int first, int count) {
    firstRow = first;
    rows = count;
    return this;
  }

  /** Selects the panels of the right operand from {@code first} to before {@code end}. */
  public GemmBlock panels(int first, int end) {
    firstPanel = first;
    endPanel = end;
    return this;
  }

  /**
   * Sets where the rows of the output go.
   *
   * @param offset index of column 0 of the first row
   * @param stride elements from one row to the next
   */
  public GemmBlock output(int offset, int stride) {
    outputOffset = offset;
    outputStride = stride;
    padded = false;
    return this;
  }

  /** As {@link #output}, for rows with room for all columns of the panels, padding included. */
  public GemmBlock paddedOutput(int offset, int stride) {
    outputOffset = offset;
    outputStride = stride;
    padded = true;
    return this;
  }
}
