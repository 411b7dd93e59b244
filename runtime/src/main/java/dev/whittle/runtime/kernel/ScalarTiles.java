package dev.whittle.runtime.kernel;

/**
 * Products of some rows and a packed matrix, without the Vector API, in loops that the compiler
 * vectorizes. It does so where everything that a loop reads and writes begins at element 0 of an
 * array (otherwise what is written might be what is read next), and uses wide vectors where loops
 * have been long. So sums are computed in rows of their own, as long as a panel is wide, and four
 * rows of weights are copied for all of them at a time.
 */
final class ScalarTiles {
  /** How many columns a panel's half has. */
  static final int LANES = 128;

  /** Rows of sums, which stay in the first-level cache. */
  static final int ROWS = 24;

  private static final int MIN_PAIRED = 96;

  private static final int WIDTH = 2 * LANES;

  private final float[][] sums = new float[ROWS][WIDTH];
  private final float[] w0 = new float[WIDTH];
  private final float[] w1 = new float[WIDTH];
  private final float[] w2 = new float[WIDTH];
  private final float[] w3 = new float[WIDTH];

  /** {@link MicroKernels#multiply}. */
  void multiply(
      float[] input,
      int base,
      int[] offsets,
      int firstRow,
      int rows,
      int taps,
      int run,
      PackedMatrix matrix,
      int firstPanel,
      int lastPanel,
      float[] output,
      int outputAt,
      int outputStride,
      float min,
      float max) {
    for (int panel = firstPanel; panel < lastPanel; panel++) {
      int column = matrix.firstColumn(panel);
      int columns = Math.min(matrix.width(panel), matrix.columns() - column);
      for (int row = 0; row < rows; row += ROWS) {
        int count = Math.min(ROWS, rows - row);
        int offset = (firstRow + row) * taps;
        sum(input, base, offsets, offset, count, taps, run, matrix, panel, columns);
        int to = outputAt + row * outputStride + column;
        for (int i = 0; i < count; i++) {
          put(sums[i], columns, output, to + i * outputStride, min, max);
        }
      }
    }
  }

  /** Makes the first rows of {@link #sums} those of some rows and one panel. */
  private void sum(
      float[] input,
      int base,
      int[] offsets,
      int firstOffset,
      int rows,
      int taps,
      int run,
      PackedMatrix matrix,
      int panel,
      int columns) {
    for (int row = 0; row < rows; row++) {
      System.arraycopy(matrix.bias(), matrix.firstColumn(panel), sums[row], 0, columns);
    }
    float[] packed = matrix.packed();
    int width = matrix.width(panel);
    int w = matrix.start(panel);
    for (int tap = 0; tap < taps; tap++) {
      int offset = firstOffset + tap;
      int k = 0;
      for (; k + 4 <= run; k += 4, w += 4 * width) {
        System.arraycopy(packed, w, w0, 0, columns);
        System.arraycopy(packed, w + width, w1, 0, columns);
        System.arraycopy(packed, w + 2 * width, w2, 0, columns);
        System.arraycopy(packed, w + 3 * width, w3, 0, columns);
        addFour(input, base + k, offsets, offset, rows, taps, columns);
      }
      for (; k < run; k++, w += width) {
        System.arraycopy(packed, w, w0, 0, columns);
        for (int row = 0; row < rows; row++) {
          addOne(sums[row], input[base + k + offsets[offset + row * taps]], w0, columns);
        }
      }
    }
  }

  /** Adds four products to all rows, two of them at a time. */
  private void addFour(
      float[] input, int base, int[] offsets, int offset, int rows, int taps, int columns) {
    int row = 0;
    for (; columns >= MIN_PAIRED && row + 2 <= rows; row += 2) {
      int x = base + offsets[offset + row * taps];
      int y = base + offsets[offset + (row + 1) * taps];
      addFour(sums[row], sums[row + 1], input, x, y, w0, w1, w2, w3, columns);
    }
    for (; row < rows; row++) {
      int x = base + offsets[offset + row * taps];
      addFour(sums[row], input, x, w0, w1, w2, w3, columns);
    }
  }

  private static void addFour(
      float[] s,
      float[] t,
      float[] input,
      int x,
      int y,
      float[] w0,
      float[] w1,
      float[] w2,
      float[] w3,
      int columns) {
    float x0 = input[x];
    float x1 = input[x + 1];
    float x2 = input[x + 2];
    float x3 = input[x + 3];
    float y0 = input[y];
    float y1 = input[y + 1];
    float y2 = input[y + 2];
    float y3 = input[y + 3];
    for (int c = 0; c < columns; c++) {
      float p0 = w0[c];
      float p1 = w1[c];
      float p2 = w2[c];
      float p3 = w3[c];
      s[c] = Math.fma(x3, p3, Math.fma(x2, p2, Math.fma(x1, p1, Math.fma(x0, p0, s[c]))));
      t[c] = Math.fma(y3, p3, Math.fma(y2, p2, Math.fma(y1, p1, Math.fma(y0, p0, t[c]))));
    }
  }

  private static void addFour(
      float[] s,
      float[] input,
      int x,
      float[] w0,
      float[] w1,
      float[] w2,
      float[] w3,
      int columns) {
    float x0 = input[x];
    float x1 = input[x + 1];
    float x2 = input[x + 2];
    float x3 = input[x + 3];
    for (int c = 0; c < columns; c++) {
      s[c] =
          Math.fma(x3, w3[c], Math.fma(x2, w2[c], Math.fma(x1, w1[c], Math.fma(x0, w0[c], s[c]))));
    }
  }

  private static void addOne(float[] s, float x, float[] w, int columns) {
    for (int c = 0; c < columns; c++) {
      s[c] = Math.fma(x, w[c], s[c]);
    }
  }

  /** Clamps a row of sums, whose zeros lose their sign, and copies it. */
  static void put(float[] row, int columns, float[] output, int to, float min, float max) {
    if (min != Float.NEGATIVE_INFINITY || max != Float.POSITIVE_INFINITY) {
      clamp(row, columns, min, max);
    }
    System.arraycopy(row, 0, output, to, columns);
  }

  private static void clamp(float[] row, int columns, float min, float max) {
    for (int c = 0; c < columns; c++) {
      row[c] = Math.min(Math.max(row[c], min), max);
    }
  }
}
