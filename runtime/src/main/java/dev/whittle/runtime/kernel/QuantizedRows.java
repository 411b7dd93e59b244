package dev.whittle.runtime.kernel;

import dev.whittle.ir.op.RowScale;

/**
 * The input of a hybrid kernel: rows of floats made whole numbers as they come, less their zero
 * point. They are in an array that the kernels of a session use in turn, behind zeros that windows
 * read beyond the border. Rows are worked on in parts: first for their extremes, then to be
 * quantized.
 */
final class QuantizedRows implements Workers.Task {
  private static final int PART = 1 << 13;

  /** Fewer elements are done before another thread has begun. */
  private static final int MIN_SHARED = 1 << 15;

  private final int rows;
  private final int length;
  private final boolean asymmetric;
  private final Workers workers;
  private final float[] scales;
  private final int partsPerRow;
  private final float[] lows;
  private final float[] highs;
  private final FloatArray none = new FloatArray();
  private FloatArray input = none;
  private boolean searching;

  QuantizedRows(Workers workers, int rows, int length, boolean asymmetric) {
    this.workers = workers;
    this.rows = rows;
    this.length = length;
    this.asymmetric = asymmetric;
    this.scales = new float[rows];
    this.partsPerRow = Math.max(1, Math.ceilDiv(length, PART));
    this.lows = new float[Math.multiplyExact(rows, partsPerRow)];
    this.highs = new float[lows.length];
    workers.reserveShared(Math.addExact(ArrayMemory.ZEROS, Math.multiplyExact(rows, length)));
  }

  /** Quantizes all rows. */
  void fill(FloatArray floats) {
    input = floats;
    boolean shared = (long) rows * length >= MIN_SHARED;
    searching = true;
    workers.run(this, lows.length, shared);
    searching = false;
    workers.run(this, lows.length, shared);
    input = none;
  }

  @Override
  public void run(int part, Scratch scratch) {
    int row = part / partsPerRow;
    int first = part % partsPerRow * PART;
    int count = Math.min(PART, length - first);
    int at = input.offset() + row * length + first;
    if (searching) {
      scratch.math.extremes(input.array(), at, count, lows, highs, part);
      return;
    }
    RowScale scale = scale(row, first == 0);
    scratch.math.quantizeRow(
        input.array(),
        at,
        scale.inverse(),
        scale.zeroPoint(),
        scale.low(),
        RowScale.HIGH,
        workers.shared(),
        ArrayMemory.ZEROS + row * length + first,
        count);
  }

  private RowScale scale(int row, boolean kept) {
    float min = 0;
    float max = 0;
    for (int part = row * partsPerRow; part < (row + 1) * partsPerRow; part++) {
      min = Math.min(min, lows[part]);
      max = Math.max(max, highs[part]);
    }
    RowScale scale = RowScale.of(min, max, asymmetric);
    if (kept) {
      scales[row] = scale.scale();
    }
    return scale;
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
