package dev.whittle.runtime.kernel;

import dev.whittle.ir.op.RowScale;

/**
 * The input of a hybrid kernel: rows of floats made whole numbers as they come, less their zero
 * point. They are in an array that the kernels of a session use in turn, behind zeros that windows
 * read beyond the border.
 */
final class QuantizedRows {
  private final int rows;
  private final int length;
  private final boolean asymmetric;
  private final Workers workers;
  private final float[] scales;

  QuantizedRows(Workers workers, int rows, int length, boolean asymmetric) {
    this.workers = workers;
    this.rows = rows;
    this.length = length;
    this.asymmetric = asymmetric;
    this.scales = new float[rows];
    workers.reserveShared(Math.addExact(ArrayMemory.ZEROS, Math.multiplyExact(rows, length)));
  }

  /** Quantizes all rows. */
  void fill(FloatArray input) {
    MicroKernels math = workers.scratch().math;
    float[] values = workers.shared();
    for (int row = 0; row < rows; row++) {
      int at = input.offset() + row * length;
      float min = Math.min(0, math.minimum(input.array(), at, length));
      float max = Math.max(0, math.maximum(input.array(), at, length));
      RowScale scale = RowScale.of(min, max, asymmetric);
      scales[row] = scale.scale();
      math.quantizeRow(
          input.array(),
          at,
          scale.inverse(),
          scale.zeroPoint(),
          scale.low(),
          RowScale.HIGH,
          values,
          ArrayMemory.ZEROS + row * length,
          length);
    }
  }

  @SuppressWarnings("MutableArrayReturn")
  float[] values() {
    return workers.shared();
  }

  /** Where the first row begins. */
  int origin() {
    return ArrayMemory.ZEROS;
  }

  float scale(int row) {
    return scales[row];
  }
}
