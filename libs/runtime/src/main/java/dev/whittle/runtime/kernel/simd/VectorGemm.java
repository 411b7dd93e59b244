package dev.whittle.runtime.kernel.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Products of some rows and a packed matrix, in tiles whose sums stay in registers. */
public final class VectorGemm {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  /**
   * Rows of a tile. Processors with 512-bit vectors have 32 registers, enough for fourteen
   * accumulators, and the pictures of many networks have a multiple of seven rows; of 16 registers,
   * twelve are left for them, or eight where the compiler takes more for what they are made of.
   */
  static final int ROWS = LANES == 16 ? 7 : StripMining.isOn() ? 6 : 4;

  private static final boolean SIX_ROWS = ROWS >= 6;
  private static final boolean SEVEN_ROWS = ROWS == 7;

  /** Floats of a tile. */
  static final int SIZE = ROWS * 2 * LANES;

  private VectorGemm() {}

  /**
   * {@link MicroKernels#multiply}.
   *
   * @param tile room for the rows of a panel that has columns beyond the last: {@link #SIZE}
   */
  static void multiply(
      float[] tile,
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
      boolean padded,
      float min,
      float max) {
    if (firstPanel == lastPanel) {
      return;
    }
    int last = lastPanel - 1;
    int spare = matrix.firstColumn(last) + matrix.width(last) - matrix.columns();
    int end = lastPanel;
    if (spare > 0) {
      // Vectors are stored whole. What goes beyond the last column must have room, or go to the
      // row below, the beginning of which is computed later: so this panel comes first.
      boolean all = firstPanel == 0 && lastPanel == matrix.panels();
      boolean replaced = all && outputStride == matrix.columns();
      int through =
          padded ? rows : replaced ? Math.max(0, rows - Math.ceilDiv(spare, outputStride)) : 0;
      int from = firstRow * taps;
      int at = outputAt + matrix.firstColumn(last);
      tiles(input, base, offsets, from, through, taps, run, matrix, last, output, at, outputStride);
      for (int row = through; row < rows; row += ROWS) {
        int count = Math.min(ROWS, rows - row);
        int width = matrix.width(last);
        int first = from + row * taps;
        tiles(input, base, offsets, first, count, taps, run, matrix, last, tile, 0, width);
        for (int i = 0; i < count; i++) {
          System.arraycopy(tile, i * width, output, at + (row + i) * outputStride, width - spare);
        }
      }
      end = last;
    }
    int panel = firstPanel;
    // A single row behind the last tile has too few sums of one panel to hide how long each takes.
    if (rows % ROWS == 1) {
      int from = firstRow * taps;
      int lastRow = rows - 1;
      for (; panel + 4 <= end; panel += 4) {
        if (!isFull(matrix, panel + 3)) {
          break;
        }
        int at = outputAt + matrix.firstColumn(panel);
        for (int i = 0; i < 4 && lastRow > 0; i++) {
          int to = at + i * 2 * LANES;
          wide(
              input,
              base,
              offsets,
              from,
              lastRow,
              taps,
              run,
              matrix,
              panel + i,
              output,
              to,
              outputStride);
        }
        int offset = from + lastRow * taps;
        int to = at + lastRow * outputStride;
        fourPanels(input, base, offsets, offset, taps, run, matrix, panel, output, to);
      }
    }
    for (; panel < end; panel++) {
      int from = firstRow * taps;
      int at = outputAt + matrix.firstColumn(panel);
      if (!SEVEN_ROWS && panel + 2 == end && rows > 1 && isOneVector(matrix, panel + 1)) {
        three(input, base, offsets, from, rows, taps, run, matrix, panel, output, at, outputStride);
        break;
      }
      tiles(input, base, offsets, from, rows, taps, run, matrix, panel, output, at, outputStride);
    }
    // Clamped here: right behind a tile, clamps would wait for what it has stored.
    int column = matrix.firstColumn(firstPanel);
    int columns = matrix.firstColumn(last) + matrix.width(last) - Math.max(0, spare) - column;
    VectorClamp.rows(output, outputAt + column, outputStride, rows, columns, min, max);
  }

  /** Some rows of one panel, not clamped. */
  private static void tiles(
      float[] input,
      int base,
      int[] offsets,
      int firstOffset,
      int rows,
      int taps,
      int run,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at,
      int stride) {
    if (matrix.width(panel) == LANES) {
      narrow(input, base, offsets, firstOffset, rows, taps, run, matrix, panel, output, at, stride);
      return;
    }
    // A tile takes as long for one row as for all.
    int last = rows % ROWS == 1 ? rows - 1 : rows;
    wide(input, base, offsets, firstOffset, last, taps, run, matrix, panel, output, at, stride);
    if (last < rows) {
      int offset = firstOffset + last * taps;
      one(input, base, offsets, offset, taps, run, matrix, panel, output, at + last * stride);
    }
  }

  /** Whether a panel is one vector of columns, none of them beyond the last. */
  private static boolean isOneVector(PackedMatrix matrix, int panel) {
    return matrix.width(panel) == LANES && matrix.firstColumn(panel) + LANES == matrix.columns();
  }

  /** Whether a panel has two vectors of columns. */
  private static boolean isFull(PackedMatrix matrix, int panel) {
    return matrix.firstColumn(panel) + 2 * LANES <= matrix.columns();
  }

  /** Some rows of a panel of two vectors of columns. */
  private static void wide(
      float[] input,
      int base,
      int[] offsets,
      int firstOffset,
      int rows,
      int taps,
      int run,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at,
      int stride) {
    // Without the loop over taps the compiler spills less, some 25 cycles a tile; but one of the
    // sums of four rows, where loops are not strip-mined.
    if (taps == 1 && SIX_ROWS) {
      oneTap(input, base, offsets, firstOffset, rows, run, matrix, panel, output, at, stride);
    } else {
      manyTaps(
          input, base, offsets, firstOffset, rows, taps, run, matrix, panel, output, at, stride);
    }
  }

  /**
   * Tiles of {@link #ROWS} rows and two vectors of columns. Where the last one has fewer rows, its
   * last one is computed several times: branches would cost more.
   */
  private static void manyTaps(
      float[] input,
      int base,
      int[] offsets,
      int firstOffset,
      int rows,
      int taps,
      int run,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at,
      int stride) {
    float[] packed = matrix.packed();
    float[] bias = matrix.bias();
    int firstColumn = matrix.firstColumn(panel);
    FloatVector left = FloatVector.fromArray(FLOATS, bias, firstColumn);
    FloatVector right = FloatVector.fromArray(FLOATS, bias, firstColumn + LANES);
    for (int row = 0; row < rows; row += ROWS) {
      int last = rows - row - 1;
      int r1 = Math.min(1, last);
      int r2 = Math.min(2, last);
      int r3 = Math.min(3, last);
      int r4 = Math.min(4, last);
      int r5 = Math.min(5, last);
      int r6 = Math.min(6, last);
      FloatVector a0 = left;
      FloatVector b0 = right;
      FloatVector a1 = left;
      FloatVector b1 = right;
      FloatVector a2 = left;
      FloatVector b2 = right;
      FloatVector a3 = left;
      FloatVector b3 = right;
      FloatVector a4 = left;
      FloatVector b4 = right;
      FloatVector a5 = left;
      FloatVector b5 = right;
      FloatVector a6 = left;
      FloatVector b6 = right;
      int w = matrix.start(panel);
      for (int tap = 0; tap < taps; tap++) {
        int o = firstOffset + tap;
        int x0 = base + offsets[o];
        int x1 = base + offsets[o + r1 * taps];
        int x2 = base + offsets[o + r2 * taps];
        int x3 = base + offsets[o + r3 * taps];
        int x4 = SIX_ROWS ? base + offsets[o + r4 * taps] : 0;
        int x5 = SIX_ROWS ? base + offsets[o + r5 * taps] : 0;
        int x6 = SEVEN_ROWS ? base + offsets[o + r6 * taps] : 0;
        for (int k = 0; k < run; k++) {
          FloatVector p = FloatVector.fromArray(FLOATS, packed, w);
          FloatVector q = FloatVector.fromArray(FLOATS, packed, w + LANES);
          FloatVector x = FloatVector.broadcast(FLOATS, input[x0 + k]);
          a0 = x.fma(p, a0);
          b0 = x.fma(q, b0);
          x = FloatVector.broadcast(FLOATS, input[x1 + k]);
          a1 = x.fma(p, a1);
          b1 = x.fma(q, b1);
          x = FloatVector.broadcast(FLOATS, input[x2 + k]);
          a2 = x.fma(p, a2);
          b2 = x.fma(q, b2);
          x = FloatVector.broadcast(FLOATS, input[x3 + k]);
          a3 = x.fma(p, a3);
          b3 = x.fma(q, b3);
          if (SIX_ROWS) {
            x = FloatVector.broadcast(FLOATS, input[x4 + k]);
            a4 = x.fma(p, a4);
            b4 = x.fma(q, b4);
            x = FloatVector.broadcast(FLOATS, input[x5 + k]);
            a5 = x.fma(p, a5);
            b5 = x.fma(q, b5);
          }
          if (SEVEN_ROWS) {
            x = FloatVector.broadcast(FLOATS, input[x6 + k]);
            a6 = x.fma(p, a6);
            b6 = x.fma(q, b6);
          }
          w += 2 * LANES;
        }
      }
      a0.intoArray(output, at);
      b0.intoArray(output, at + LANES);
      a1.intoArray(output, at + r1 * stride);
      b1.intoArray(output, at + r1 * stride + LANES);
      a2.intoArray(output, at + r2 * stride);
      b2.intoArray(output, at + r2 * stride + LANES);
      a3.intoArray(output, at + r3 * stride);
      b3.intoArray(output, at + r3 * stride + LANES);
      if (SIX_ROWS) {
        a4.intoArray(output, at + r4 * stride);
        b4.intoArray(output, at + r4 * stride + LANES);
        a5.intoArray(output, at + r5 * stride);
        b5.intoArray(output, at + r5 * stride + LANES);
      }
      if (SEVEN_ROWS) {
        a6.intoArray(output, at + r6 * stride);
        b6.intoArray(output, at + r6 * stride + LANES);
      }
      firstOffset += ROWS * taps;
      at += ROWS * stride;
    }
  }

  /** {@link #manyTaps} for rows of one tap each. */
  private static void oneTap(
      float[] input,
      int base,
      int[] offsets,
      int firstOffset,
      int rows,
      int run,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at,
      int stride) {
    float[] packed = matrix.packed();
    float[] bias = matrix.bias();
    int firstColumn = matrix.firstColumn(panel);
    FloatVector left = FloatVector.fromArray(FLOATS, bias, firstColumn);
    FloatVector right = FloatVector.fromArray(FLOATS, bias, firstColumn + LANES);
    for (int row = 0; row < rows; row += ROWS) {
      int last = rows - row - 1;
      int r1 = Math.min(1, last);
      int r2 = Math.min(2, last);
      int r3 = Math.min(3, last);
      int r4 = Math.min(4, last);
      int r5 = Math.min(5, last);
      int r6 = Math.min(6, last);
      FloatVector a0 = left;
      FloatVector b0 = right;
      FloatVector a1 = left;
      FloatVector b1 = right;
      FloatVector a2 = left;
      FloatVector b2 = right;
      FloatVector a3 = left;
      FloatVector b3 = right;
      FloatVector a4 = left;
      FloatVector b4 = right;
      FloatVector a5 = left;
      FloatVector b5 = right;
      FloatVector a6 = left;
      FloatVector b6 = right;
      int w = matrix.start(panel);
      int x0 = base + offsets[firstOffset];
      int x1 = base + offsets[firstOffset + r1];
      int x2 = base + offsets[firstOffset + r2];
      int x3 = base + offsets[firstOffset + r3];
      int x4 = SIX_ROWS ? base + offsets[firstOffset + r4] : 0;
      int x5 = SIX_ROWS ? base + offsets[firstOffset + r5] : 0;
      int x6 = SEVEN_ROWS ? base + offsets[firstOffset + r6] : 0;
      for (int k = 0; k < run; k++) {
        FloatVector p = FloatVector.fromArray(FLOATS, packed, w);
        FloatVector q = FloatVector.fromArray(FLOATS, packed, w + LANES);
        FloatVector x = FloatVector.broadcast(FLOATS, input[x0 + k]);
        a0 = x.fma(p, a0);
        b0 = x.fma(q, b0);
        x = FloatVector.broadcast(FLOATS, input[x1 + k]);
        a1 = x.fma(p, a1);
        b1 = x.fma(q, b1);
        x = FloatVector.broadcast(FLOATS, input[x2 + k]);
        a2 = x.fma(p, a2);
        b2 = x.fma(q, b2);
        x = FloatVector.broadcast(FLOATS, input[x3 + k]);
        a3 = x.fma(p, a3);
        b3 = x.fma(q, b3);
        if (SIX_ROWS) {
          x = FloatVector.broadcast(FLOATS, input[x4 + k]);
          a4 = x.fma(p, a4);
          b4 = x.fma(q, b4);
          x = FloatVector.broadcast(FLOATS, input[x5 + k]);
          a5 = x.fma(p, a5);
          b5 = x.fma(q, b5);
        }
        if (SEVEN_ROWS) {
          x = FloatVector.broadcast(FLOATS, input[x6 + k]);
          a6 = x.fma(p, a6);
          b6 = x.fma(q, b6);
        }
        w += 2 * LANES;
      }
      a0.intoArray(output, at);
      b0.intoArray(output, at + LANES);
      a1.intoArray(output, at + r1 * stride);
      b1.intoArray(output, at + r1 * stride + LANES);
      a2.intoArray(output, at + r2 * stride);
      b2.intoArray(output, at + r2 * stride + LANES);
      a3.intoArray(output, at + r3 * stride);
      b3.intoArray(output, at + r3 * stride + LANES);
      if (SIX_ROWS) {
        a4.intoArray(output, at + r4 * stride);
        b4.intoArray(output, at + r4 * stride + LANES);
        a5.intoArray(output, at + r5 * stride);
        b5.intoArray(output, at + r5 * stride + LANES);
      }
      if (SEVEN_ROWS) {
        a6.intoArray(output, at + r6 * stride);
        b6.intoArray(output, at + r6 * stride + LANES);
      }
      firstOffset += ROWS;
      at += ROWS * stride;
    }
  }

  /**
   * Tiles of three rows and three vectors of columns: a panel of two, and a last one of one, which
   * by itself would leave too few sums to hide how long each takes. With 16 registers it is these
   * nine accumulators, as twelve are not left them beside what they are made of. See {@link
   * #manyTaps}.
   */
  private static void three(
      float[] input,
      int base,
      int[] offsets,
      int firstOffset,
      int rows,
      int taps,
      int run,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at,
      int stride) {
    float[] packed = matrix.packed();
    float[] bias = matrix.bias();
    int firstColumn = matrix.firstColumn(panel);
    FloatVector left = FloatVector.fromArray(FLOATS, bias, firstColumn);
    FloatVector middle = FloatVector.fromArray(FLOATS, bias, firstColumn + LANES);
    FloatVector right = FloatVector.fromArray(FLOATS, bias, firstColumn + 2 * LANES);
    for (int row = 0; row < rows; row += 3) {
      int last = rows - row - 1;
      int r1 = Math.min(1, last);
      int r2 = Math.min(2, last);
      FloatVector a0 = left;
      FloatVector b0 = middle;
      FloatVector c0 = right;
      FloatVector a1 = left;
      FloatVector b1 = middle;
      FloatVector c1 = right;
      FloatVector a2 = left;
      FloatVector b2 = middle;
      FloatVector c2 = right;
      int w = matrix.start(panel);
      int v = matrix.start(panel + 1);
      for (int tap = 0; tap < taps; tap++) {
        int o = firstOffset + tap;
        int x0 = base + offsets[o];
        int x1 = base + offsets[o + r1 * taps];
        int x2 = base + offsets[o + r2 * taps];
        for (int k = 0; k < run; k++) {
          FloatVector p = FloatVector.fromArray(FLOATS, packed, w);
          FloatVector q = FloatVector.fromArray(FLOATS, packed, w + LANES);
          FloatVector r = FloatVector.fromArray(FLOATS, packed, v);
          FloatVector x = FloatVector.broadcast(FLOATS, input[x0 + k]);
          a0 = x.fma(p, a0);
          b0 = x.fma(q, b0);
          c0 = x.fma(r, c0);
          x = FloatVector.broadcast(FLOATS, input[x1 + k]);
          a1 = x.fma(p, a1);
          b1 = x.fma(q, b1);
          c1 = x.fma(r, c1);
          x = FloatVector.broadcast(FLOATS, input[x2 + k]);
          a2 = x.fma(p, a2);
          b2 = x.fma(q, b2);
          c2 = x.fma(r, c2);
          w += 2 * LANES;
          v += LANES;
        }
      }
      a0.intoArray(output, at);
      b0.intoArray(output, at + LANES);
      c0.intoArray(output, at + 2 * LANES);
      a1.intoArray(output, at + r1 * stride);
      b1.intoArray(output, at + r1 * stride + LANES);
      c1.intoArray(output, at + r1 * stride + 2 * LANES);
      a2.intoArray(output, at + r2 * stride);
      b2.intoArray(output, at + r2 * stride + LANES);
      c2.intoArray(output, at + r2 * stride + 2 * LANES);
      firstOffset += 3 * taps;
      at += 3 * stride;
    }
  }

  /** Tiles of {@link #ROWS} rows and one vector of columns; see {@link #manyTaps}. */
  private static void narrow(
      float[] input,
      int base,
      int[] offsets,
      int firstOffset,
      int rows,
      int taps,
      int run,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at,
      int stride) {
    float[] packed = matrix.packed();
    float[] bias = matrix.bias();
    int firstColumn = matrix.firstColumn(panel);
    FloatVector none = FloatVector.fromArray(FLOATS, bias, firstColumn);
    for (int row = 0; row < rows; row += ROWS) {
      int last = rows - row - 1;
      int r1 = Math.min(1, last);
      int r2 = Math.min(2, last);
      int r3 = Math.min(3, last);
      int r4 = Math.min(4, last);
      int r5 = Math.min(5, last);
      int r6 = Math.min(6, last);
      FloatVector a0 = none;
      FloatVector a1 = none;
      FloatVector a2 = none;
      FloatVector a3 = none;
      FloatVector a4 = none;
      FloatVector a5 = none;
      FloatVector a6 = none;
      int w = matrix.start(panel);
      for (int tap = 0; tap < taps; tap++) {
        int o = firstOffset + tap;
        int x0 = base + offsets[o];
        int x1 = base + offsets[o + r1 * taps];
        int x2 = base + offsets[o + r2 * taps];
        int x3 = base + offsets[o + r3 * taps];
        int x4 = SIX_ROWS ? base + offsets[o + r4 * taps] : 0;
        int x5 = SIX_ROWS ? base + offsets[o + r5 * taps] : 0;
        int x6 = SEVEN_ROWS ? base + offsets[o + r6 * taps] : 0;
        for (int k = 0; k < run; k++) {
          FloatVector p = FloatVector.fromArray(FLOATS, packed, w);
          a0 = FloatVector.broadcast(FLOATS, input[x0 + k]).fma(p, a0);
          a1 = FloatVector.broadcast(FLOATS, input[x1 + k]).fma(p, a1);
          a2 = FloatVector.broadcast(FLOATS, input[x2 + k]).fma(p, a2);
          a3 = FloatVector.broadcast(FLOATS, input[x3 + k]).fma(p, a3);
          if (SIX_ROWS) {
            a4 = FloatVector.broadcast(FLOATS, input[x4 + k]).fma(p, a4);
            a5 = FloatVector.broadcast(FLOATS, input[x5 + k]).fma(p, a5);
          }
          if (SEVEN_ROWS) {
            a6 = FloatVector.broadcast(FLOATS, input[x6 + k]).fma(p, a6);
          }
          w += LANES;
        }
      }
      a0.intoArray(output, at);
      a1.intoArray(output, at + r1 * stride);
      a2.intoArray(output, at + r2 * stride);
      a3.intoArray(output, at + r3 * stride);
      if (SIX_ROWS) {
        a4.intoArray(output, at + r4 * stride);
        a5.intoArray(output, at + r5 * stride);
      }
      if (SEVEN_ROWS) {
        a6.intoArray(output, at + r6 * stride);
      }
      firstOffset += ROWS * taps;
      at += ROWS * stride;
    }
  }

  /** One row and four panels: eight accumulators hide the latency of a single row's sums. */
  private static void fourPanels(
      float[] input,
      int base,
      int[] offsets,
      int firstOffset,
      int taps,
      int run,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at) {
    float[] packed = matrix.packed();
    float[] bias = matrix.bias();
    int firstColumn = matrix.firstColumn(panel);
    FloatVector a0 = FloatVector.fromArray(FLOATS, bias, firstColumn);
    FloatVector b0 = FloatVector.fromArray(FLOATS, bias, firstColumn + LANES);
    FloatVector a1 = FloatVector.fromArray(FLOATS, bias, firstColumn + 2 * LANES);
    FloatVector b1 = FloatVector.fromArray(FLOATS, bias, firstColumn + 3 * LANES);
    FloatVector a2 = FloatVector.fromArray(FLOATS, bias, firstColumn + 4 * LANES);
    FloatVector b2 = FloatVector.fromArray(FLOATS, bias, firstColumn + 5 * LANES);
    FloatVector a3 = FloatVector.fromArray(FLOATS, bias, firstColumn + 6 * LANES);
    FloatVector b3 = FloatVector.fromArray(FLOATS, bias, firstColumn + 7 * LANES);
    int w0 = matrix.start(panel);
    int w1 = matrix.start(panel + 1);
    int w2 = matrix.start(panel + 2);
    int w3 = matrix.start(panel + 3);
    int k = 0;
    for (int tap = 0; tap < taps; tap++) {
      int x0 = base + offsets[firstOffset + tap];
      for (int i = 0; i < run; i++) {
        FloatVector x = FloatVector.broadcast(FLOATS, input[x0 + i]);
        a0 = x.fma(FloatVector.fromArray(FLOATS, packed, w0 + k), a0);
        b0 = x.fma(FloatVector.fromArray(FLOATS, packed, w0 + k + LANES), b0);
        a1 = x.fma(FloatVector.fromArray(FLOATS, packed, w1 + k), a1);
        b1 = x.fma(FloatVector.fromArray(FLOATS, packed, w1 + k + LANES), b1);
        a2 = x.fma(FloatVector.fromArray(FLOATS, packed, w2 + k), a2);
        b2 = x.fma(FloatVector.fromArray(FLOATS, packed, w2 + k + LANES), b2);
        a3 = x.fma(FloatVector.fromArray(FLOATS, packed, w3 + k), a3);
        b3 = x.fma(FloatVector.fromArray(FLOATS, packed, w3 + k + LANES), b3);
        k += 2 * LANES;
      }
    }
    a0.intoArray(output, at);
    b0.intoArray(output, at + LANES);
    a1.intoArray(output, at + 2 * LANES);
    b1.intoArray(output, at + 3 * LANES);
    a2.intoArray(output, at + 4 * LANES);
    b2.intoArray(output, at + 5 * LANES);
    a3.intoArray(output, at + 6 * LANES);
    b3.intoArray(output, at + 7 * LANES);
  }

  private static void one(
      float[] input,
      int base,
      int[] offsets,
      int firstOffset,
      int taps,
      int run,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at) {
    float[] packed = matrix.packed();
    float[] bias = matrix.bias();
    int firstColumn = matrix.firstColumn(panel);
    FloatVector a = FloatVector.fromArray(FLOATS, bias, firstColumn);
    FloatVector b = FloatVector.fromArray(FLOATS, bias, firstColumn + LANES);
    int w = matrix.start(panel);
    for (int tap = 0; tap < taps; tap++) {
      int x0 = base + offsets[firstOffset + tap];
      for (int k = 0; k < run; k++) {
        FloatVector x = FloatVector.broadcast(FLOATS, input[x0 + k]);
        a = x.fma(FloatVector.fromArray(FLOATS, packed, w), a);
        b = x.fma(FloatVector.fromArray(FLOATS, packed, w + LANES), b);
        w += 2 * LANES;
      }
    }
    a.intoArray(output, at);
    b.intoArray(output, at + LANES);
  }
}
