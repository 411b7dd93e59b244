package dev.whittle.runtime.kernel.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The micro-kernels of a GEMM as in BLIS (Van Zee and van de Geijn, "BLIS: A Framework for Rapidly
 * Instantiating BLAS Functionality", 2015): tiles of the product stay in registers, rows of the
 * left operand are broadcast element by element, and panels of the right one are read as vectors.
 *
 * <p>The loops have their operands as parameters and not in records: the compiler keeps parameters
 * in registers. Their lengths are those of tiles that are unrolled by hand: vectors in arrays would
 * be objects.
 */
final class VectorGemm {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  /**
   * Rows of a tile. Processors with 512-bit vectors have 32 registers, enough for fourteen
   * accumulators, and the images of many networks have a multiple of seven rows. Of 16 registers,
   * twelve are left for accumulators, or eight where the compiler needs more for operands.
   */
  static final int ROWS = LANES == 16 ? 7 : Vectors.IS_STRIP_MINING ? 6 : 4;

  private static final boolean SIX_ROWS = ROWS >= 6;
  private static final boolean SEVEN_ROWS = ROWS == 7;

  /** Panels of the kernel for single rows. */
  private static final int PANELS = 4;

  /** A tile of a panel with padding, on its way to an output that has no room for it. */
  private final float[] tile = new float[ROWS * 2 * LANES];

  /** See {@link MicroKernels#multiply}. */
  void multiply(
      float[] input,
      IndirectionBuffer left,
      PackedMatrix matrix,
      float[] output,
      GemmBlock block,
      Clamp clamp) {
    if (block.firstPanel == block.endPanel) {
      return;
    }
    int last = block.endPanel - 1;
    int padding = Math.max(0, matrix.endColumn(last) - matrix.columns());
    int end = block.endPanel;
    if (padding > 0) {
      paddedPanel(input, left, matrix, output, block, padding);
      end = last;
    }
    int panel = block.firstPanel;
    // A single row after the last tile has too few accumulators in one panel to hide the latency.
    if (block.rows % ROWS == 1) {
      for (; panel + PANELS <= end && isFull(matrix, panel + PANELS - 1); panel += PANELS) {
        panels(input, left, matrix, panel, output, block);
      }
    }
    for (; panel < end; panel++) {
      int at = block.outputOffset + matrix.firstColumn(panel);
      boolean pair = panel + 2 == end && block.rows > 1 && isOneVector(matrix, panel + 1);
      if (pair && !SEVEN_ROWS) {
        three(
            input,
            block.base,
            left,
            block.firstRow,
            block.rows,
            matrix,
            panel,
            output,
            at,
            block.outputStride);
        break;
      }
      tiles(
          input,
          block.base,
          left,
          block.firstRow,
          block.rows,
          matrix,
          panel,
          output,
          at,
          block.outputStride);
    }
    // Clamped here: right after a tile, clamps would wait for its stores.
    int column = matrix.firstColumn(block.firstPanel);
    int columns = matrix.endColumn(last) - padding - column;
    VectorClamp.rows(
        output, block.outputOffset + column, block.outputStride, block.rows, columns, clamp);
  }

  /**
   * Computes the last panel, which has {@code padding} columns after the matrix's last. Vectors are
   * stored whole: the padding needs room, or goes to the row below, which must be computed later.
   * So this panel comes first.
   */
  private void paddedPanel(
      float[] input,
      IndirectionBuffer left,
      PackedMatrix matrix,
      float[] output,
      GemmBlock block,
      int padding) {
    int panel = block.endPanel - 1;
    int stride = block.outputStride;
    boolean all = block.firstPanel == 0 && block.endPanel == matrix.panels();
    boolean replaced = all && stride == matrix.columns();
    int direct =
        block.padded
            ? block.rows
            : replaced ? Math.max(0, block.rows - Math.ceilDiv(padding, stride)) : 0;
    int first = block.firstRow;
    int at = block.outputOffset + matrix.firstColumn(panel);
    tiles(input, block.base, left, first, direct, matrix, panel, output, at, stride);
    int width = matrix.width(panel);
    for (int row = direct; row < block.rows; row += ROWS) {
      int count = Math.min(ROWS, block.rows - row);
      tiles(input, block.base, left, first + row, count, matrix, panel, tile, 0, width);
      for (int i = 0; i < count; i++) {
        System.arraycopy(tile, i * width, output, at + (row + i) * stride, width - padding);
      }
    }
  }

  /** Computes {@link #PANELS} panels, of whose rows the last is in no tile. */
  private static void panels(
      float[] input,
      IndirectionBuffer left,
      PackedMatrix matrix,
      int panel,
      float[] output,
      GemmBlock block) {
    int at = block.outputOffset + matrix.firstColumn(panel);
    int stride = block.outputStride;
    int first = block.firstRow;
    int rows = block.rows - 1;
    for (int i = 0; i < PANELS && rows > 0; i++) {
      int to = at + i * 2 * LANES;
      wide(input, block.base, left, first, rows, matrix, panel + i, output, to, stride);
    }
    fourPanels(input, block.base, left, first + rows, matrix, panel, output, at + rows * stride);
  }

  /** Computes some rows of one panel, without clamping them. */
  private static void tiles(
      float[] input,
      int base,
      IndirectionBuffer left,
      int firstRow,
      int rows,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at,
      int stride) {
    if (matrix.width(panel) == LANES) {
      narrow(input, base, left, firstRow, rows, matrix, panel, output, at, stride);
      return;
    }
    // A tile takes as long for one row as for all.
    int last = rows % ROWS == 1 ? rows - 1 : rows;
    wide(input, base, left, firstRow, last, matrix, panel, output, at, stride);
    if (last < rows) {
      one(input, base, left, firstRow + last, matrix, panel, output, at + last * stride);
    }
  }

  /** Returns whether a panel is one vector of columns, without padding. */
  private static boolean isOneVector(PackedMatrix matrix, int panel) {
    return matrix.width(panel) == LANES && matrix.firstColumn(panel) + LANES == matrix.columns();
  }

  /** Returns whether a panel is two vectors of columns, without padding. */
  private static boolean isFull(PackedMatrix matrix, int panel) {
    return matrix.firstColumn(panel) + 2 * LANES <= matrix.columns();
  }

  /** Computes some rows of a panel of two vectors of columns. */
  private static void wide(
      float[] input,
      int base,
      IndirectionBuffer left,
      int firstRow,
      int rows,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at,
      int stride) {
    // Without the loop over taps the compiler spills fewer registers; but with tiles of four rows,
    // where loops are not strip-mined, it spills an accumulator.
    if (left.taps == 1 && SIX_ROWS) {
      oneTap(input, base, left, firstRow, rows, matrix, panel, output, at, stride);
    } else {
      manyTaps(input, base, left, firstRow, rows, matrix, panel, output, at, stride);
    }
  }

  /**
   * Computes tiles of {@link #ROWS} rows and two vectors of columns. Where the last tile has fewer
   * rows, its last row is computed several times: branches would cost more.
   */
  private static void manyTaps(
      float[] input,
      int base,
      IndirectionBuffer left,
      int firstRow,
      int rows,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at,
      int stride) {
    int[] offsets = left.offsets;
    int taps = left.taps;
    int run = matrix.depth() / taps;
    float[] packed = matrix.packed();
    float[] bias = matrix.bias();
    int firstColumn = matrix.firstColumn(panel);
    int firstOffset = firstRow * taps;
    FloatVector bias0 = FloatVector.fromArray(FLOATS, bias, firstColumn);
    FloatVector bias1 = FloatVector.fromArray(FLOATS, bias, firstColumn + LANES);
    for (int row = 0; row < rows; row += ROWS) {
      int last = rows - row - 1;
      int r1 = Math.min(1, last);
      int r2 = Math.min(2, last);
      int r3 = Math.min(3, last);
      int r4 = Math.min(4, last);
      int r5 = Math.min(5, last);
      int r6 = Math.min(6, last);
      FloatVector a0 = bias0;
      FloatVector b0 = bias1;
      FloatVector a1 = bias0;
      FloatVector b1 = bias1;
      FloatVector a2 = bias0;
      FloatVector b2 = bias1;
      FloatVector a3 = bias0;
      FloatVector b3 = bias1;
      FloatVector a4 = bias0;
      FloatVector b4 = bias1;
      FloatVector a5 = bias0;
      FloatVector b5 = bias1;
      FloatVector a6 = bias0;
      FloatVector b6 = bias1;
      int w = matrix.panelOffset(panel);
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

  /** {@link #manyTaps} for rows of one tap. */
  private static void oneTap(
      float[] input,
      int base,
      IndirectionBuffer left,
      int firstRow,
      int rows,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at,
      int stride) {
    int[] offsets = left.offsets;
    int run = matrix.depth();
    float[] packed = matrix.packed();
    float[] bias = matrix.bias();
    int firstColumn = matrix.firstColumn(panel);
    int firstOffset = firstRow;
    FloatVector bias0 = FloatVector.fromArray(FLOATS, bias, firstColumn);
    FloatVector bias1 = FloatVector.fromArray(FLOATS, bias, firstColumn + LANES);
    for (int row = 0; row < rows; row += ROWS) {
      int last = rows - row - 1;
      int r1 = Math.min(1, last);
      int r2 = Math.min(2, last);
      int r3 = Math.min(3, last);
      int r4 = Math.min(4, last);
      int r5 = Math.min(5, last);
      int r6 = Math.min(6, last);
      FloatVector a0 = bias0;
      FloatVector b0 = bias1;
      FloatVector a1 = bias0;
      FloatVector b1 = bias1;
      FloatVector a2 = bias0;
      FloatVector b2 = bias1;
      FloatVector a3 = bias0;
      FloatVector b3 = bias1;
      FloatVector a4 = bias0;
      FloatVector b4 = bias1;
      FloatVector a5 = bias0;
      FloatVector b5 = bias1;
      FloatVector a6 = bias0;
      FloatVector b6 = bias1;
      int w = matrix.panelOffset(panel);
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
   * Computes tiles of three rows and three vectors of columns: a panel of two vectors and the last
   * one of a single vector, which by itself has too few accumulators to hide the latency. Of 16
   * registers, nine are left for accumulators beside the operands. See {@link #manyTaps}.
   */
  private static void three(
      float[] input,
      int base,
      IndirectionBuffer left,
      int firstRow,
      int rows,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at,
      int stride) {
    int[] offsets = left.offsets;
    int taps = left.taps;
    int run = matrix.depth() / taps;
    float[] packed = matrix.packed();
    float[] bias = matrix.bias();
    int firstColumn = matrix.firstColumn(panel);
    int firstOffset = firstRow * taps;
    FloatVector bias0 = FloatVector.fromArray(FLOATS, bias, firstColumn);
    FloatVector bias1 = FloatVector.fromArray(FLOATS, bias, firstColumn + LANES);
    FloatVector bias2 = FloatVector.fromArray(FLOATS, bias, firstColumn + 2 * LANES);
    for (int row = 0; row < rows; row += 3) {
      int last = rows - row - 1;
      int r1 = Math.min(1, last);
      int r2 = Math.min(2, last);
      FloatVector a0 = bias0;
      FloatVector b0 = bias1;
      FloatVector c0 = bias2;
      FloatVector a1 = bias0;
      FloatVector b1 = bias1;
      FloatVector c1 = bias2;
      FloatVector a2 = bias0;
      FloatVector b2 = bias1;
      FloatVector c2 = bias2;
      int w = matrix.panelOffset(panel);
      int v = matrix.panelOffset(panel + 1);
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

  /** Computes tiles of {@link #ROWS} rows and one vector of columns; see {@link #manyTaps}. */
  private static void narrow(
      float[] input,
      int base,
      IndirectionBuffer left,
      int firstRow,
      int rows,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at,
      int stride) {
    int[] offsets = left.offsets;
    int taps = left.taps;
    int run = matrix.depth() / taps;
    float[] packed = matrix.packed();
    float[] bias = matrix.bias();
    int firstColumn = matrix.firstColumn(panel);
    int firstOffset = firstRow * taps;
    FloatVector bias0 = FloatVector.fromArray(FLOATS, bias, firstColumn);
    for (int row = 0; row < rows; row += ROWS) {
      int last = rows - row - 1;
      int r1 = Math.min(1, last);
      int r2 = Math.min(2, last);
      int r3 = Math.min(3, last);
      int r4 = Math.min(4, last);
      int r5 = Math.min(5, last);
      int r6 = Math.min(6, last);
      FloatVector a0 = bias0;
      FloatVector a1 = bias0;
      FloatVector a2 = bias0;
      FloatVector a3 = bias0;
      FloatVector a4 = bias0;
      FloatVector a5 = bias0;
      FloatVector a6 = bias0;
      int w = matrix.panelOffset(panel);
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

  /** Computes one row of {@link #PANELS} panels: eight accumulators hide the latency. */
  private static void fourPanels(
      float[] input,
      int base,
      IndirectionBuffer left,
      int row,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at) {
    int[] offsets = left.offsets;
    int taps = left.taps;
    int run = matrix.depth() / taps;
    int firstOffset = row * taps;
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
    int w0 = matrix.panelOffset(panel);
    int w1 = matrix.panelOffset(panel + 1);
    int w2 = matrix.panelOffset(panel + 2);
    int w3 = matrix.panelOffset(panel + 3);
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

  /** Computes one row of a panel of two vectors of columns. */
  private static void one(
      float[] input,
      int base,
      IndirectionBuffer left,
      int row,
      PackedMatrix matrix,
      int panel,
      float[] output,
      int at) {
    int[] offsets = left.offsets;
    int taps = left.taps;
    int run = matrix.depth() / taps;
    int firstOffset = row * taps;
    float[] packed = matrix.packed();
    float[] bias = matrix.bias();
    int firstColumn = matrix.firstColumn(panel);
    FloatVector a = FloatVector.fromArray(FLOATS, bias, firstColumn);
    FloatVector b = FloatVector.fromArray(FLOATS, bias, firstColumn + LANES);
    int w = matrix.panelOffset(panel);
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
