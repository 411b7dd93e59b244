package dev.whittle.runtime.kernel.simd;

/**
 * {@link VectorGemm} without the Vector API, in loops that the compiler vectorizes. It does so if
 * all that a loop reads and writes begins at element 0 of an array (otherwise a write might be to
 * an element that is read later), and uses wide vectors if loops have been long so far. So sums are
 * computed in rows of their own, as long as a panel is wide, and four rows of weights are copied
 * for all of them at a time.
 */
final class ScalarGemm {
  /** Half the columns of a panel. */
  static final int LANES = 128;

  /** Rows of a tile, which stay in the first-level cache. */
  static final int ROWS = 24;

  /** Columns of a loop that is long enough for wide vectors. */
  private static final int MIN_LONG = 96;

  private static final int WIDTH = 2 * LANES;

  private final float[][] sums = new float[ROWS][WIDTH];

  /** Four rows of a panel. */
  private final float[][] weights = new float[4][WIDTH];

  /** See {@link MicroKernels#multiply}. */
  void multiply(
      float[] input,
      IndirectionBuffer left,
      PackedMatrix matrix,
      float[] output,
      GemmBlock block,
      Clamp clamp) {
    for (int panel = block.firstPanel; panel < block.endPanel; panel++) {
      int column = matrix.firstColumn(panel);
      int columns = Math.min(matrix.width(panel), matrix.columns() - column);
      for (int row = 0; row < block.rows; row += ROWS) {
        int count = Math.min(ROWS, block.rows - row);
        sum(input, block.base, left, block.firstRow + row, count, matrix, panel, columns);
        int to = block.outputOffset + row * block.outputStride + column;
        for (int i = 0; i < count; i++) {
          put(sums[i], columns, output, to + i * block.outputStride, clamp);
        }
      }
    }
  }

  /** Computes some rows of one panel in {@link #sums}. */
  private void sum(
      float[] input,
      int base,
      IndirectionBuffer left,
      int firstRow,
      int rows,
      PackedMatrix matrix,
      int panel,
      int columns) {
    for (int row = 0; row < rows; row++) {
      System.arraycopy(matrix.bias(), matrix.firstColumn(panel), sums[row], 0, columns);
    }
    int[] offsets = left.offsets;
    int taps = left.taps;
    int run = matrix.depth() / taps;
    float[] packed = matrix.packed();
    int width = matrix.width(panel);
    int w = matrix.panelOffset(panel);
    for (int tap = 0; tap < taps; tap++) {
      int offset = firstRow * taps + tap;
      int k = 0;
      for (; k + 4 <= run; k += 4, w += 4 * width) {
        for (int i = 0; i < 4; i++) {
          System.arraycopy(packed, w + i * width, weights[i], 0, columns);
        }
        addFour(input, base + k, offsets, offset, rows, taps, columns);
      }
      for (; k < run; k++, w += width) {
        System.arraycopy(packed, w, weights[0], 0, columns);
        for (int row = 0; row < rows; row++) {
          addOne(sums[row], input[base + k + offsets[offset + row * taps]], weights[0], columns);
        }
      }
    }
  }

  /**
   * Adds four products to all rows. Short loops take as long to begin as to run, so that they have
   * more rows at a time. Long loops have methods of their own: the compiler uses wide vectors for
   * them, according to their trip counts so far.
   */
  private void addFour(
      float[] input, int base, int[] offsets, int offset, int rows, int taps, int columns) {
    int row = 0;
    if (columns < MIN_LONG) {
      for (; row + 4 <= rows; row += 4) {
        int a = base + offsets[offset + row * taps];
        int b = base + offsets[offset + (row + 1) * taps];
        int d = base + offsets[offset + (row + 2) * taps];
        int e = base + offsets[offset + (row + 3) * taps];
        addToFour(row, input, a, b, d, e, columns);
      }
    } else {
      for (; row + 2 <= rows; row += 2) {
        int a = base + offsets[offset + row * taps];
        int b = base + offsets[offset + (row + 1) * taps];
        addToTwo(row, input, a, b, columns);
      }
    }
    for (; row < rows; row++) {
      addToOne(row, input, base + offsets[offset + row * taps], columns);
    }
  }

  private void addToFour(int row, float[] input, int a, int b, int d, int e, int columns) {
    float[] s = sums[row];
    float[] t = sums[row + 1];
    float[] u = sums[row + 2];
    float[] v = sums[row + 3];
    float[] w0 = weights[0];
    float[] w1 = weights[1];
    float[] w2 = weights[2];
    float[] w3 = weights[3];
    float a0 = input[a];
    float a1 = input[a + 1];
    float a2 = input[a + 2];
    float a3 = input[a + 3];
    float b0 = input[b];
    float b1 = input[b + 1];
    float b2 = input[b + 2];
    float b3 = input[b + 3];
    float d0 = input[d];
    float d1 = input[d + 1];
    float d2 = input[d + 2];
    float d3 = input[d + 3];
    float e0 = input[e];
    float e1 = input[e + 1];
    float e2 = input[e + 2];
    float e3 = input[e + 3];
    for (int c = 0; c < columns; c++) {
      float p0 = w0[c];
      float p1 = w1[c];
      float p2 = w2[c];
      float p3 = w3[c];
      s[c] = Math.fma(a3, p3, Math.fma(a2, p2, Math.fma(a1, p1, Math.fma(a0, p0, s[c]))));
      t[c] = Math.fma(b3, p3, Math.fma(b2, p2, Math.fma(b1, p1, Math.fma(b0, p0, t[c]))));
      u[c] = Math.fma(d3, p3, Math.fma(d2, p2, Math.fma(d1, p1, Math.fma(d0, p0, u[c]))));
      v[c] = Math.fma(e3, p3, Math.fma(e2, p2, Math.fma(e1, p1, Math.fma(e0, p0, v[c]))));
    }
  }

  private void addToTwo(int row, float[] input, int a, int b, int columns) {
    float[] s = sums[row];
    float[] t = sums[row + 1];
    float[] w0 = weights[0];
    float[] w1 = weights[1];
    float[] w2 = weights[2];
    float[] w3 = weights[3];
    float a0 = input[a];
    float a1 = input[a + 1];
    float a2 = input[a + 2];
    float a3 = input[a + 3];
    float b0 = input[b];
    float b1 = input[b + 1];
    float b2 = input[b + 2];
    float b3 = input[b + 3];
    for (int c = 0; c < columns; c++) {
      float p0 = w0[c];
      float p1 = w1[c];
      float p2 = w2[c];
      float p3 = w3[c];
      s[c] = Math.fma(a3, p3, Math.fma(a2, p2, Math.fma(a1, p1, Math.fma(a0, p0, s[c]))));
      t[c] = Math.fma(b3, p3, Math.fma(b2, p2, Math.fma(b1, p1, Math.fma(b0, p0, t[c]))));
    }
  }

  private void addToOne(int row, float[] input, int a, int columns) {
    float[] s = sums[row];
    float[] w0 = weights[0];
    float[] w1 = weights[1];
    float[] w2 = weights[2];
    float[] w3 = weights[3];
    float a0 = input[a];
    float a1 = input[a + 1];
    float a2 = input[a + 2];
    float a3 = input[a + 3];
    for (int c = 0; c < columns; c++) {
      s[c] =
          Math.fma(a3, w3[c], Math.fma(a2, w2[c], Math.fma(a1, w1[c], Math.fma(a0, w0[c], s[c]))));
    }
  }

  private static void addOne(float[] s, float x, float[] w, int columns) {
    for (int c = 0; c < columns; c++) {
      s[c] = Math.fma(x, w[c], s[c]);
    }
  }

  /** Clamps a row of sums and copies it; zeros may lose their sign. */
  static void put(float[] row, int columns, float[] output, int to, Clamp clamp) {
    clamp(row, columns, clamp);
    System.arraycopy(row, 0, output, to, columns);
  }

  static void clamp(float[] row, int columns, Clamp clamp) {
    if (clamp.isNone()) {
      return;
    }
    float min = clamp.min();
    float max = clamp.max();
    for (int c = 0; c < columns; c++) {
      row[c] = Math.min(Math.max(row[c], min), max);
    }
  }
}
