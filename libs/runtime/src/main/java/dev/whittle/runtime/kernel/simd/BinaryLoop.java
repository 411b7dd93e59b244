package dev.whittle.runtime.kernel.simd;

/**
 * The elements of two operands that one call of an elementwise kernel combines, with strides as the
 * inner loops of NumPy's universal functions have. Each thread has one and changes it between
 * calls, so that calls allocate nothing.
 */
public final class BinaryLoop {
  /** Index of the left operand's first element. */
  int leftOffset;

  /** 1, or 0 where one element of the left operand goes with all of the right one. */
  int leftStep;

  /** Index of the right operand's first element. */
  int rightOffset;

  /** 1, or 0 where one element of the right operand goes with all of the left one. */
  int rightStep;

  /** Index of the output's first element. */
  int outputOffset;

  /** Elements of the output. */
  int count;

  /**
   * Sets the elements of the left operand.
   *
   * @param offset index of the first element
   * @param step 1, or 0 for one element that goes with all of the right operand
   */
  public BinaryLoop left(int offset, int step) {
    leftOffset = offset;
    leftStep = step;
    return this;
  }

  /**
   * Sets the elements of the right operand.
   *
   * @param offset index of the first element
   * @param step 1, or 0 for one element that goes with all of the left operand
   */
  public BinaryLoop right(int offset, int step) {
    rightOffset = offset;
    rightStep = step;
    return this;
  }

  /** Sets the elements of the output. */
  public BinaryLoop output(int offset, int elements) {
    outputOffset = offset;
    count = elements;
    return this;
  }
}
