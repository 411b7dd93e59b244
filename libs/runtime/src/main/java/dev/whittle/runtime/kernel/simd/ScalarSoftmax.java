package dev.whittle.runtime.kernel.simd;

/** Inner loops of kernels along rows, without vectors. */
final class ScalarSoftmax {
  private ScalarSoftmax() {}

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
        columns[at] = ScalarFunctions.exp((columns[at] - greatest) * beta);
        sum += columns[at];
      }
      float factor = 1 / sum;
      for (int i = 0; i < length; i++) {
        columns[i * rows + r] *= factor;
      }
    }
  }
}
