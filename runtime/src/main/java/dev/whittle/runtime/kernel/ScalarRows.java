package dev.whittle.runtime.kernel;

/** Inner loops of kernels along rows, without vectors. */
final class ScalarRows {
  /** The bits of infinity: those of what is not a number are greater, but for the sign. */
  static final int INFINITE = 0x7f80_0000;

  private ScalarRows() {}

  /** As {@link MicroKernels#place}. */
  static int place(float[] input, int at, int count, int turn) {
    if (Float.isNaN(input[at])) {
      return 0;
    }
    int place = 0;
    int best = order(Float.floatToRawIntBits(input[at] + 0f), turn);
    for (int i = 1; i < count; i++) {
      int element = order(Float.floatToRawIntBits(input[at + i] + 0f), turn);
      if (element > best) {
        best = element;
        place = i;
      }
    }
    return place;
  }

  /**
   * An integer for the bits of a float that is not negative zero: of the same order, or of the
   * opposite one. What is not a number is least.
   *
   * @param turn 0, or -1 for the opposite order
   */
  static int order(int bits, int turn) {
    int unordered = (INFINITE - (bits & Integer.MAX_VALUE)) >> 31;
    int ordered = bits ^ (bits >> 31 >>> 1) ^ turn;
    return (ordered & ~unordered) | (Integer.MIN_VALUE & unordered);
  }

  /** As {@link MicroKernels#softmax}, from a row on. */
  static void softmax(float[] columns, int length, int rows, int firstRow, float beta) {
    for (int r = firstRow; r < rows; r++) {
      float greatest = columns[r];
      for (int i = 1; i < length; i++) {
        float x = columns[i * rows + r];
        greatest = greatest < x ? x : greatest;
      }
      float sum = 0;
      for (int i = 0; i < length; i++) {
        int at = i * rows + r;
        columns[at] = ScalarKernels.exp((columns[at] - greatest) * beta);
        sum += columns[at];
      }
      float factor = 1 / sum;
      for (int i = 0; i < length; i++) {
        columns[i * rows + r] *= factor;
      }
    }
  }
}
