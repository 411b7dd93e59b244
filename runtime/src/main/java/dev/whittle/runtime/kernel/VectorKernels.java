package dev.whittle.runtime.kernel;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Micro-kernels of the Vector API, for the widest vectors that the processor has. */
final class VectorKernels implements MicroKernels {
  /** Bits of a vector, if not as many as the processor has: to test on one what others run. */
  private static final int BITS =
      Integer.getInteger("whittle.vector.bits", FloatVector.SPECIES_PREFERRED.vectorBitSize());

  private static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(BITS));
  private static final int LANES = FLOATS.length();
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, FLOATS.vectorShape());
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * LANES)));

  /**
   * Rows of a tile. Processors with 512-bit vectors have 32 registers, enough for twelve
   * accumulators; with 16 registers the compiler spills more than eight.
   */
  private static final boolean SIX_ROWS = LANES == 16;

  private static final int ROWS = SIX_ROWS ? 6 : 4;

  /** Adding and subtracting it rounds a float to the nearest whole number. */
  private static final float ROUNDER = 0x1.8p23f;

  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);
  private static final int SURE_BITS = Float.floatToRawIntBits(Rescaling.SURE);

  /** Whether there are vectors of as many bytes as of floats. */
  private static final boolean HAS_BYTES = BYTES.length() == LANES;

  private final float[] parts = new float[PARTS];

  /** One vector on its way to bytes where these have no vectors. */
  private final int[] wide = new int[LANES];

  /** For some vectors, the lanes that single precision does not do for. */
  private final long[] doubtful = new long[16];

  /** Rows of a panel that has columns beyond the last. */
  private final float[] tile = new float[ROWS * 2 * LANES];

  private VectorKernels() {}

  /** The micro-kernels; scalar ones where vectors are too narrow to be of use. */
  static MicroKernels create() {
    return LANES >= 4 ? new VectorKernels() : new ScalarKernels();
  }

  @Override
  public int lanes() {
    return LANES;
  }

  @Override
  public void multiply(
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
    int panel = firstPanel;
    if (rows == 1) {
      for (; panel + 4 <= lastPanel && isFull(matrix, panel + 3); panel += 4) {
        int at = outputAt + matrix.firstColumn(panel);
        fourPanels(input, base, offsets, firstRow * taps, taps, run, matrix, panel, output, at);
        clampRows(output, at, 0, 1, 8 * LANES, min, max);
      }
    }
    for (; panel < lastPanel; panel++) {
      int first = matrix.firstColumn(panel);
      int width = matrix.width(panel);
      int valid = Math.min(width, matrix.columns() - first);
      for (int row = 0; row < rows; row += ROWS) {
        int count = Math.min(ROWS, rows - row);
        int from = (firstRow + row) * taps;
        int at = outputAt + row * outputStride + first;
        // Vectors are stored whole: what would go beyond the last column is stored elsewhere.
        boolean whole = valid == width;
        float[] to = whole ? output : tile;
        int toAt = whole ? at : 0;
        int stride = whole ? outputStride : width;
        if (width == LANES) {
          narrow(input, base, offsets, from, count, taps, run, matrix, panel, to, toAt, stride);
        } else if (count == 1) {
          one(input, base, offsets, from, taps, run, matrix, panel, to, toAt);
        } else {
          wide(input, base, offsets, from, count, taps, run, matrix, panel, to, toAt, stride);
        }
        clampRows(to, toAt, stride, count, width, min, max);
        if (!whole) {
          for (int i = 0; i < count; i++) {
            System.arraycopy(tile, i * width, output, at + i * outputStride, valid);
          }
        }
      }
    }
  }

  /**
   * Clamps what a tile has stored. Within the tile's own code, so many clamps would be too much for
   * the compiler.
   */
  private static void clampRows(
      float[] output, int at, int stride, int rows, int width, float min, float max) {
    if (min == Float.NEGATIVE_INFINITY && max == Float.POSITIVE_INFINITY) {
      return;
    }
    if (width != 2 * LANES) {
      for (int row = 0; row < rows; row++) {
        for (int i = at + row * stride; i < at + row * stride + width; i += LANES) {
          clamp(output, i, min, max);
        }
      }
    } else if (max == Float.POSITIVE_INFINITY) {
      raisePairs(output, at, stride, rows, min);
    } else {
      clampPairs(output, at, stride, rows, min, max);
    }
  }

  private static void clamp(float[] output, int at, float min, float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    clamp(FloatVector.fromArray(FLOATS, output, at), low, high).intoArray(output, at);
  }

  private static void clampPairs(
      float[] output, int at, int stride, int rows, float min, float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    int i = at;
    for (int row = 0; row < rows; row++, i += stride) {
      FloatVector a = FloatVector.fromArray(FLOATS, output, i);
      FloatVector b = FloatVector.fromArray(FLOATS, output, i + LANES);
      clamp(a, low, high).intoArray(output, i);
      clamp(b, low, high).intoArray(output, i + LANES);
    }
  }

  private static void raisePairs(float[] output, int at, int stride, int rows, float min) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    int i = at;
    for (int row = 0; row < rows; row++, i += stride) {
      FloatVector a = FloatVector.fromArray(FLOATS, output, i);
      FloatVector b = FloatVector.fromArray(FLOATS, output, i + LANES);
      a.blend(low, a.lt(low)).intoArray(output, i);
      b.blend(low, b.lt(low)).intoArray(output, i + LANES);
    }
  }

  /** Whether a panel has two vectors of columns. */
  private static boolean isFull(PackedMatrix matrix, int panel) {
    return matrix.firstColumn(panel) + 2 * LANES <= matrix.columns();
  }

  /**
   * A tile of up to {@link #ROWS} rows and two vectors of columns. Where there are fewer rows, the
   * last one is computed several times: branches would cost more.
   */
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
    float[] packed = matrix.packed();
    float[] bias = matrix.bias();
    int firstColumn = matrix.firstColumn(panel);
    int r1 = Math.min(1, rows - 1);
    int r2 = Math.min(2, rows - 1);
    int r3 = Math.min(3, rows - 1);
    int r4 = Math.min(4, rows - 1);
    int r5 = Math.min(5, rows - 1);
    FloatVector left = FloatVector.fromArray(FLOATS, bias, firstColumn);
    FloatVector right = FloatVector.fromArray(FLOATS, bias, firstColumn + LANES);
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
    int w = matrix.start(panel);
    for (int tap = 0; tap < taps; tap++) {
      int o = firstOffset + tap;
      int x0 = base + offsets[o];
      int x1 = base + offsets[o + r1 * taps];
      int x2 = base + offsets[o + r2 * taps];
      int x3 = base + offsets[o + r3 * taps];
      int x4 = SIX_ROWS ? base + offsets[o + r4 * taps] : 0;
      int x5 = SIX_ROWS ? base + offsets[o + r5 * taps] : 0;
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
  }

  /** A tile of up to {@link #ROWS} rows and one vector of columns. */
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
    int r1 = Math.min(1, rows - 1);
    int r2 = Math.min(2, rows - 1);
    int r3 = Math.min(3, rows - 1);
    int r4 = Math.min(4, rows - 1);
    int r5 = Math.min(5, rows - 1);
    FloatVector a0 = FloatVector.fromArray(FLOATS, bias, firstColumn);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector a4 = a0;
    FloatVector a5 = a0;
    int w = matrix.start(panel);
    for (int tap = 0; tap < taps; tap++) {
      int o = firstOffset + tap;
      int x0 = base + offsets[o];
      int x1 = base + offsets[o + r1 * taps];
      int x2 = base + offsets[o + r2 * taps];
      int x3 = base + offsets[o + r3 * taps];
      int x4 = SIX_ROWS ? base + offsets[o + r4 * taps] : 0;
      int x5 = SIX_ROWS ? base + offsets[o + r5 * taps] : 0;
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

  @Override
  public void depthwise(
      float[] input,
      int[] rows,
      int[] steps,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      float[] output,
      int outputAt,
      float min,
      float max) {
    int channels = row.channels();
    int c = 0;
    boolean three = row.filterHeight() == 3 && row.filterWidth() == 3 && row.dilation() == 1;
    for (; c + LANES <= channels; c += LANES) {
      if (three && row.stride() == 1 && row.before() <= 1 && row.width() >= 2) {
        slidingThree(input, rows, steps, row, weights, bias, c, output, outputAt + c, min, max);
      } else if (three) {
        three(input, rows, steps, row, weights, bias, c, output, outputAt + c, min, max);
      } else {
        channels(input, rows, steps, row, weights, bias, c, output, outputAt + c, min, max);
      }
    }
    if (c < channels) {
      ScalarKernels.depthwise(
          input, rows, steps, row, weights, bias, c, output, outputAt, min, max);
    }
  }

  /** A 3x3 filter of stride 1: each column is read once and added to three outputs. */
  private static void slidingThree(
      float[] input,
      int[] rows,
      int[] steps,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int c,
      float[] output,
      int outputAt,
      float min,
      float max) {
    int channels = row.channels();
    FloatVector w00 = FloatVector.fromArray(FLOATS, weights, c);
    FloatVector w01 = FloatVector.fromArray(FLOATS, weights, channels + c);
    FloatVector w02 = FloatVector.fromArray(FLOATS, weights, 2 * channels + c);
    FloatVector w10 = FloatVector.fromArray(FLOATS, weights, 3 * channels + c);
    FloatVector w11 = FloatVector.fromArray(FLOATS, weights, 4 * channels + c);
    FloatVector w12 = FloatVector.fromArray(FLOATS, weights, 5 * channels + c);
    FloatVector w20 = FloatVector.fromArray(FLOATS, weights, 6 * channels + c);
    FloatVector w21 = FloatVector.fromArray(FLOATS, weights, 7 * channels + c);
    FloatVector w22 = FloatVector.fromArray(FLOATS, weights, 8 * channels + c);
    FloatVector none = FloatVector.fromArray(FLOATS, bias, c);
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    int p0 = rows[0] + c;
    int p1 = rows[1] + c;
    int p2 = rows[2] + c;
    int s0 = steps[0];
    int s1 = steps[1];
    int s2 = steps[2];
    // The output that column 0 is the last of has the number before - 2.
    FloatVector a = none;
    FloatVector b = none;
    int out = outputAt + (row.before() - 2) * channels;
    for (int column = 0; column < row.width(); column++) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, input, p0);
      FloatVector x1 = FloatVector.fromArray(FLOATS, input, p1);
      FloatVector x2 = FloatVector.fromArray(FLOATS, input, p2);
      FloatVector done = x2.fma(w22, x1.fma(w12, x0.fma(w02, a)));
      a = x2.fma(w21, x1.fma(w11, x0.fma(w01, b)));
      b = x2.fma(w20, x1.fma(w10, x0.fma(w00, none)));
      if (out >= outputAt) {
        clamp(done, low, high).intoArray(output, out);
      }
      out += channels;
      p0 += s0;
      p1 += s1;
      p2 += s2;
    }
    int end = outputAt + row.outputs() * channels;
    if (out < end) {
      clamp(a, low, high).intoArray(output, out);
      if (out + channels < end) {
        clamp(b, low, high).intoArray(output, out + channels);
      }
    }
  }

  /** A 3x3 filter of any stride. */
  private static void three(
      float[] input,
      int[] rows,
      int[] steps,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int c,
      float[] output,
      int outputAt,
      float min,
      float max) {
    int channels = row.channels();
    int first = row.firstInside();
    int last = Math.max(first, row.endInside());
    border(input, rows, steps, row, weights, bias, c, 0, first, output, outputAt, min, max);
    FloatVector w00 = FloatVector.fromArray(FLOATS, weights, c);
    FloatVector w01 = FloatVector.fromArray(FLOATS, weights, channels + c);
    FloatVector w02 = FloatVector.fromArray(FLOATS, weights, 2 * channels + c);
    FloatVector w10 = FloatVector.fromArray(FLOATS, weights, 3 * channels + c);
    FloatVector w11 = FloatVector.fromArray(FLOATS, weights, 4 * channels + c);
    FloatVector w12 = FloatVector.fromArray(FLOATS, weights, 5 * channels + c);
    FloatVector w20 = FloatVector.fromArray(FLOATS, weights, 6 * channels + c);
    FloatVector w21 = FloatVector.fromArray(FLOATS, weights, 7 * channels + c);
    FloatVector w22 = FloatVector.fromArray(FLOATS, weights, 8 * channels + c);
    FloatVector none = FloatVector.fromArray(FLOATS, bias, c);
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    int s0 = steps[0];
    int s1 = steps[1];
    int s2 = steps[2];
    for (int x = first; x < last; x++) {
      int column = x * row.stride() - row.before();
      int p0 = rows[0] + c + column * s0;
      int p1 = rows[1] + c + column * s1;
      int p2 = rows[2] + c + column * s2;
      FloatVector sum = FloatVector.fromArray(FLOATS, input, p0).fma(w00, none);
      sum = FloatVector.fromArray(FLOATS, input, p1).fma(w10, sum);
      sum = FloatVector.fromArray(FLOATS, input, p2).fma(w20, sum);
      sum = FloatVector.fromArray(FLOATS, input, p0 + s0).fma(w01, sum);
      sum = FloatVector.fromArray(FLOATS, input, p1 + s1).fma(w11, sum);
      sum = FloatVector.fromArray(FLOATS, input, p2 + s2).fma(w21, sum);
      sum = FloatVector.fromArray(FLOATS, input, p0 + 2 * s0).fma(w02, sum);
      sum = FloatVector.fromArray(FLOATS, input, p1 + 2 * s1).fma(w12, sum);
      sum = FloatVector.fromArray(FLOATS, input, p2 + 2 * s2).fma(w22, sum);
      clamp(sum, low, high).intoArray(output, outputAt + x * channels);
    }
    border(
        input, rows, steps, row, weights, bias, c, last, row.outputs(), output, outputAt, min, max);
  }

  private static void channels(
      float[] input,
      int[] rows,
      int[] steps,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int c,
      float[] output,
      int outputAt,
      float min,
      float max) {
    int first = row.firstInside();
    int last = Math.max(first, row.endInside());
    border(input, rows, steps, row, weights, bias, c, 0, first, output, outputAt, min, max);
    int channels = row.channels();
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    FloatVector none = FloatVector.fromArray(FLOATS, bias, c);
    int x = first;
    int stride = row.stride();
    for (; x + 4 <= last; x += 4) {
      FloatVector sum0 = none;
      FloatVector sum1 = none;
      FloatVector sum2 = none;
      FloatVector sum3 = none;
      for (int kx = 0; kx < row.filterWidth(); kx++) {
        int column = x * stride - row.before() + kx * row.dilation();
        for (int ky = 0; ky < row.filterHeight(); ky++) {
          FloatVector w =
              FloatVector.fromArray(FLOATS, weights, (ky * row.filterWidth() + kx) * channels + c);
          int at = rows[ky] + c + column * steps[ky];
          int step = stride * steps[ky];
          sum0 = FloatVector.fromArray(FLOATS, input, at).fma(w, sum0);
          sum1 = FloatVector.fromArray(FLOATS, input, at + step).fma(w, sum1);
          sum2 = FloatVector.fromArray(FLOATS, input, at + 2 * step).fma(w, sum2);
          sum3 = FloatVector.fromArray(FLOATS, input, at + 3 * step).fma(w, sum3);
        }
      }
      int out = outputAt + x * channels;
      clamp(sum0, low, high).intoArray(output, out);
      clamp(sum1, low, high).intoArray(output, out + channels);
      clamp(sum2, low, high).intoArray(output, out + 2 * channels);
      clamp(sum3, low, high).intoArray(output, out + 3 * channels);
    }
    border(input, rows, steps, row, weights, bias, c, x, row.outputs(), output, outputAt, min, max);
  }

  /** Outputs whose window may reach beyond the border. */
  private static void border(
      float[] input,
      int[] rows,
      int[] steps,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int c,
      int first,
      int last,
      float[] output,
      int outputAt,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    int channels = row.channels();
    for (int x = first; x < last; x++) {
      FloatVector sum = FloatVector.fromArray(FLOATS, bias, c);
      for (int kx = 0; kx < row.filterWidth(); kx++) {
        int column = x * row.stride() - row.before() + kx * row.dilation();
        if (column >= 0 && column < row.width()) {
          for (int ky = 0; ky < row.filterHeight(); ky++) {
            FloatVector w =
                FloatVector.fromArray(
                    FLOATS, weights, (ky * row.filterWidth() + kx) * channels + c);
            sum =
                FloatVector.fromArray(FLOATS, input, rows[ky] + c + column * steps[ky]).fma(w, sum);
          }
        }
      }
      clamp(sum, low, high).intoArray(output, outputAt + x * channels);
    }
  }

  /** Compared and blended: {@code max} and {@code min} look after NaN and zeros, at length. */
  private static FloatVector clamp(FloatVector x, FloatVector low, FloatVector high) {
    FloatVector raised = x.blend(low, x.lt(low));
    return raised.blend(high, raised.compare(VectorOperators.GT, high));
  }

  private static IntVector toInts(FloatVector whole) {
    return (IntVector) whole.convert(VectorOperators.F2I, 0);
  }

  /** Stores numbers as bytes. */
  private static void store(IntVector whole, byte[] output, int to, int[] wide) {
    if (HAS_BYTES) {
      ((ByteVector) whole.castShape(BYTES, 0)).intoArray(output, to);
      return;
    }
    whole.intoArray(wide, 0);
    for (int lane = 0; lane < LANES; lane++) {
      output[to + lane] = (byte) wide[lane];
    }
  }

  private static FloatVector exp(FloatVector x) {
    FloatVector in = x.max(ScalarKernels.EXP_LOW).min(ScalarKernels.EXP_HIGH);
    FloatVector n =
        in.fma(
                FloatVector.broadcast(FLOATS, ScalarKernels.LOG2_E),
                FloatVector.broadcast(FLOATS, ROUNDER))
            .sub(ROUNDER);
    FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -ScalarKernels.LN2_HIGH), in);
    r = n.fma(FloatVector.broadcast(FLOATS, -ScalarKernels.LN2_LOW), r);
    FloatVector p = FloatVector.broadcast(FLOATS, ScalarKernels.EXP[0]);
    for (int i = 1; i < 6; i++) {
      p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarKernels.EXP[i]));
    }
    p = p.fma(r.mul(r), r).add(1f);
    IntVector exponent = (IntVector) n.convert(VectorOperators.F2I, 0);
    IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
    // In two steps: one would not reach the ends of the range.
    FloatVector scaled = p.mul(powerOfTwo(half)).mul(powerOfTwo(exponent.sub(half)));
    // Of a NaN above, the exponent is 0 and the polynomial NaN.
    return scaled;
  }

  private static FloatVector powerOfTwo(IntVector exponent) {
    return exponent.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  private static FloatVector logistic(FloatVector x) {
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    return one.div(exp(x.neg()).add(1f));
  }

  private static FloatVector tanh(FloatVector x) {
    FloatVector magnitude = x.abs();
    FloatVector square = x.mul(x);
    FloatVector p = FloatVector.broadcast(FLOATS, ScalarKernels.TANH[0]);
    for (int i = 1; i < 5; i++) {
      p = p.fma(square, FloatVector.broadcast(FLOATS, ScalarKernels.TANH[i]));
    }
    FloatVector near = p.mul(square).fma(x, x);
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    FloatVector far = one.sub(one.add(one).div(exp(magnitude.add(magnitude)).add(1f)));
    FloatVector signed = far.blend(far.neg(), x.lt(0f));
    return signed.blend(near, magnitude.lt(ScalarKernels.TANH_NEAR));
  }

  private static FloatVector log(FloatVector x) {
    VectorMask<Float> tiny = x.lt(Float.MIN_NORMAL);
    FloatVector in = x.blend(x.mul(ScalarKernels.LOG_SCALE), tiny);
    IntVector bits = in.reinterpretAsInts();
    IntVector exponent = bits.sub(ScalarKernels.ROOT_HALF_BITS).lanewise(VectorOperators.ASHR, 23);
    FloatVector e = (FloatVector) exponent.convert(VectorOperators.I2F, 0);
    e = e.blend(e.sub(23f), tiny);
    FloatVector f =
        bits.sub(exponent.lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats().sub(1f);
    FloatVector p = FloatVector.broadcast(FLOATS, ScalarKernels.LOG[0]);
    for (int i = 1; i < 9; i++) {
      p = p.fma(f, FloatVector.broadcast(FLOATS, ScalarKernels.LOG[i]));
    }
    FloatVector square = f.mul(f);
    FloatVector rest = p.mul(f).fma(square, e.mul(ScalarKernels.LOG_LN2_LOW)).sub(square.mul(0.5f));
    FloatVector high = FloatVector.broadcast(FLOATS, ScalarKernels.LOG_LN2_HIGH);
    FloatVector result = e.fma(high, f.add(rest));
    result = result.blend(x, x.eq(Float.POSITIVE_INFINITY));
    result = result.blend(Float.NaN, x.compare(VectorOperators.GT, 0f).not());
    return result.blend(Float.NEGATIVE_INFINITY, x.eq(0f));
  }

  private static FloatVector erf(FloatVector x) {
    FloatVector in =
        clamp(
            x,
            FloatVector.broadcast(FLOATS, -ScalarKernels.ERF_END),
            FloatVector.broadcast(FLOATS, ScalarKernels.ERF_END));
    FloatVector square = in.mul(in);
    FloatVector p = FloatVector.broadcast(FLOATS, ScalarKernels.ERF_ABOVE[0]);
    for (int i = 1; i < 5; i++) {
      p = p.fma(square, FloatVector.broadcast(FLOATS, ScalarKernels.ERF_ABOVE[i]));
    }
    FloatVector q = FloatVector.broadcast(FLOATS, ScalarKernels.ERF_BELOW[0]);
    for (int i = 1; i < 7; i++) {
      q = q.fma(square, FloatVector.broadcast(FLOATS, ScalarKernels.ERF_BELOW[i]));
    }
    return in.mul(p).div(q);
  }

  // One method for each function: together they would be too much for the compiler to inline.
  @Override
  public void unary(
      Unary function, float[] input, int at, float[] output, int to, int count, float alpha) {
    int end = FLOATS.loopBound(count);
    switch (function) {
      case ABS -> abss(input, at, output, to, end);
      case ELU -> elus(input, at, output, to, end);
      case EXP -> exps(input, at, output, to, end);
      case GELU -> gelus(input, at, output, to, end);
      case GELU_BY_TANH -> gelusByTanh(input, at, output, to, end);
      case HARD_SWISH -> hardSwishs(input, at, output, to, end);
      case LEAKY_RELU -> leakyRelus(input, at, output, to, end, alpha);
      case LOG -> logs(input, at, output, to, end);
      case LOGISTIC -> logistics(input, at, output, to, end);
      case NEG -> negs(input, at, output, to, end);
      case RSQRT -> rsqrts(input, at, output, to, end);
      case SQRT -> sqrts(input, at, output, to, end);
      case SQUARE -> squares(input, at, output, to, end);
      case TANH -> tanhs(input, at, output, to, end);
    }
    ScalarKernels.unary(function, input, at, output, to, end, count, alpha);
  }

  private static void abss(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.abs().intoArray(output, to + i);
    }
  }

  private static void elus(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.blend(exp(x).sub(1f), x.lt(0f)).intoArray(output, to + i);
    }
  }

  private static void exps(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      exp(x).intoArray(output, to + i);
    }
  }

  private static void gelus(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.mul(0.5f).mul(erf(x.mul(ScalarKernels.ROOT_HALF)).add(1f)).intoArray(output, to + i);
    }
  }

  private static void gelusByTanh(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector inner =
          x.mul(x).fma(x.mul(ScalarKernels.GELU_CUBE), x).mul(ScalarKernels.ROOT_TWO_OVER_PI);
      x.mul(0.5f).mul(tanh(inner).add(1f)).intoArray(output, to + i);
    }
  }

  private static void hardSwishs(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.mul(x.add(3f).max(0f).min(6f)).mul(1f / 6).intoArray(output, to + i);
    }
  }

  private static void leakyRelus(
      float[] input, int at, float[] output, int to, int end, float alpha) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.blend(x.mul(alpha), x.lt(0f)).intoArray(output, to + i);
    }
  }

  private static void logistics(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      logistic(x).intoArray(output, to + i);
    }
  }

  private static void logs(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      log(x).intoArray(output, to + i);
    }
  }

  private static void negs(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.neg().intoArray(output, to + i);
    }
  }

  private static void rsqrts(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector.broadcast(FLOATS, 1f).div(x.sqrt()).intoArray(output, to + i);
    }
  }

  private static void sqrts(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.sqrt().intoArray(output, to + i);
    }
  }

  private static void squares(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.mul(x).intoArray(output, to + i);
    }
  }

  private static void tanhs(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      tanh(x).intoArray(output, to + i);
    }
  }

  @Override
  public void clamp(
      float[] input, int at, float[] output, int to, int count, float min, float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
      clamp(FloatVector.fromArray(FLOATS, input, at + i), low, high).intoArray(output, to + i);
    }
    for (; i < count; i++) {
      output[to + i] = ScalarKernels.clamp(input[at + i], min, max);
    }
  }

  @Override
  public void binary(
      Binary function,
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int count,
      float min,
      float max) {
    int end = FLOATS.loopBound(count);
    switch (function) {
      case ADD -> sums(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case SUB -> differences(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case MUL -> products(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case DIV -> quotients(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case MAXIMUM -> maxima(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case MINIMUM -> minima(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case PRELU -> prelus(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case SQUARED_DIFFERENCE ->
          squaredDifferences(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
    }
    ScalarKernels.binary(function, a, aAt, aStep, b, bAt, bStep, output, to, end, count, min, max);
  }

  private static FloatVector load(float[] array, int at, int i, int step) {
    return step == 0
        ? FloatVector.broadcast(FLOATS, array[at])
        : FloatVector.fromArray(FLOATS, array, at + i);
  }

  private static void sums(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = load(a, aAt, i, aStep);
      FloatVector y = load(b, bAt, i, bStep);
      clamp(x.add(y), low, high).intoArray(output, to + i);
    }
  }

  private static void differences(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = load(a, aAt, i, aStep);
      FloatVector y = load(b, bAt, i, bStep);
      clamp(x.sub(y), low, high).intoArray(output, to + i);
    }
  }

  private static void products(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = load(a, aAt, i, aStep);
      FloatVector y = load(b, bAt, i, bStep);
      clamp(x.mul(y), low, high).intoArray(output, to + i);
    }
  }

  private static void quotients(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = load(a, aAt, i, aStep);
      FloatVector y = load(b, bAt, i, bStep);
      clamp(x.div(y), low, high).intoArray(output, to + i);
    }
  }

  private static void maxima(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = load(a, aAt, i, aStep);
      FloatVector y = load(b, bAt, i, bStep);
      clamp(x.max(y), low, high).intoArray(output, to + i);
    }
  }

  private static void minima(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = load(a, aAt, i, aStep);
      FloatVector y = load(b, bAt, i, bStep);
      clamp(x.min(y), low, high).intoArray(output, to + i);
    }
  }

  private static void prelus(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = load(a, aAt, i, aStep);
      FloatVector y = load(b, bAt, i, bStep);
      clamp(x.blend(x.mul(y), x.lt(0f)), low, high).intoArray(output, to + i);
    }
  }

  private static void squaredDifferences(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = load(a, aAt, i, aStep);
      FloatVector y = load(b, bAt, i, bStep);
      FloatVector d = x.sub(y);
      clamp(d.mul(d), low, high).intoArray(output, to + i);
    }
  }

  @Override
  public void add(float[] sum, int to, float[] input, int at, int count) {
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
      FloatVector.fromArray(FLOATS, sum, to + i)
          .add(FloatVector.fromArray(FLOATS, input, at + i))
          .intoArray(sum, to + i);
    }
    for (; i < count; i++) {
      sum[to + i] += input[at + i];
    }
  }

  @Override
  public void maximum(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float[] output,
      int to,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    int c = 0;
    for (; c + LANES <= channels; c += LANES) {
      FloatVector greatest = FloatVector.fromArray(FLOATS, input, rows[0] + c);
      for (int i = 1; i < count; i++) {
        FloatVector x = FloatVector.fromArray(FLOATS, input, rows[i] + c);
        greatest = greatest.blend(x, greatest.lt(x));
      }
      clamp(greatest, low, high).intoArray(output, to + c);
    }
    ScalarKernels.maximum(input, rows, count, c, channels, output, to, min, max);
  }

  @Override
  public void average(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float factor,
      float[] output,
      int to,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    int c = 0;
    for (; c + LANES <= channels; c += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, input, rows[0] + c);
      for (int i = 1; i < count; i++) {
        sum = sum.add(FloatVector.fromArray(FLOATS, input, rows[i] + c));
      }
      clamp(sum.mul(factor), low, high).intoArray(output, to + c);
    }
    ScalarKernels.average(input, rows, count, c, channels, factor, output, to, min, max);
  }

  @Override
  public float sum(float[] input, int at, int count) {
    if (count < PARTS || LANES > PARTS) {
      return ScalarKernels.sum(parts, input, at, count);
    }
    int end = count / PARTS * PARTS;
    for (int part = 0; part < PARTS; part += LANES) {
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = part; i < end; i += PARTS) {
        sum = sum.add(FloatVector.fromArray(FLOATS, input, at + i));
      }
      sum.intoArray(parts, part);
    }
    return ScalarKernels.combine(parts, input, at + end, count - end);
  }

  @Override
  public float maximum(float[] input, int at, int count) {
    FloatVector first = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    FloatVector second = first;
    int i = 0;
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector y = FloatVector.fromArray(FLOATS, input, at + i + LANES);
      first = first.blend(x, first.lt(x));
      second = second.blend(y, second.lt(y));
    }
    if (i < count && count >= LANES) {
      // What is left, and again some before it.
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + count - LANES);
      first = first.blend(x, first.lt(x));
      i = count - i > LANES ? i : count;
      if (i < count) {
        FloatVector y = FloatVector.fromArray(FLOATS, input, at + i);
        second = second.blend(y, second.lt(y));
        i = count;
      }
    }
    float result = first.max(second).reduceLanes(VectorOperators.MAX);
    for (; i < count; i++) {
      result = result < input[at + i] ? input[at + i] : result;
    }
    return result;
  }

  @Override
  public float minimum(float[] input, int at, int count) {
    FloatVector first = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
    FloatVector second = first;
    int i = 0;
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector y = FloatVector.fromArray(FLOATS, input, at + i + LANES);
      first = first.blend(x, first.compare(VectorOperators.GT, x));
      second = second.blend(y, second.compare(VectorOperators.GT, y));
    }
    if (i < count && count >= LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + count - LANES);
      first = first.blend(x, first.compare(VectorOperators.GT, x));
      i = count - i > LANES ? i : count;
      if (i < count) {
        FloatVector y = FloatVector.fromArray(FLOATS, input, at + i);
        second = second.blend(y, second.compare(VectorOperators.GT, y));
        i = count;
      }
    }
    float result = first.min(second).reduceLanes(VectorOperators.MIN);
    for (; i < count; i++) {
      result = result > input[at + i] ? input[at + i] : result;
    }
    return result;
  }

  @Override
  public void exponentials(
      float[] input, int at, float[] output, int to, int count, float shift, float factor) {
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      exp(x.sub(shift).mul(factor)).intoArray(output, to + i);
    }
    if (i < count) {
      VectorMask<Float> rest = FLOATS.indexInRange(i, count);
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i, rest);
      exp(x.sub(shift).mul(factor)).intoArray(output, to + i, rest);
    }
  }

  @Override
  public void interpolate(
      float[] input, int[] places, float[] weights, float[] output, int to, int channels) {
    int end = FLOATS.loopBound(channels);
    for (int c = 0; c < end; c += LANES) {
      FloatVector a = FloatVector.fromArray(FLOATS, input, places[0] + c).mul(weights[0]);
      FloatVector b = FloatVector.fromArray(FLOATS, input, places[1] + c).mul(weights[1]);
      FloatVector d = FloatVector.fromArray(FLOATS, input, places[2] + c).mul(weights[2]);
      FloatVector e = FloatVector.fromArray(FLOATS, input, places[3] + c).mul(weights[3]);
      a.add(b).add(d).add(e).intoArray(output, to + c);
    }
    ScalarKernels.interpolate(input, places, weights, output, to, end, channels);
  }

  @Override
  public void sum(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      ByteSum sum,
      byte[] output,
      int to,
      int count) {
    int i = 0;
    if (sum.sure > 0) {
      FloatVector shift = FloatVector.broadcast(FLOATS, sum.shift);
      FloatVector left = FloatVector.broadcast(FLOATS, sum.left);
      FloatVector right = FloatVector.broadcast(FLOATS, sum.right);
      FloatVector low = FloatVector.broadcast(FLOATS, sum.low);
      FloatVector high = FloatVector.broadcast(FLOATS, sum.high);
      for (; i + LANES <= count; i += LANES) {
        FloatVector x = load(a, aAt, i, aStep);
        FloatVector y = load(b, bAt, i, bStep);
        FloatVector result = x.fma(left, y.fma(right, shift));
        FloatVector whole = result.add(ROUNDER).sub(ROUNDER);
        store(toInts(clamp(whole, low, high)), output, to + i, wide);
        VectorMask<Float> doubt = result.sub(whole).abs().compare(VectorOperators.GE, sum.sure);
        if (doubt.anyTrue()) {
          for (long lanes = doubt.toLong(); lanes != 0; lanes &= lanes - 1) {
            int place = i + Long.numberOfTrailingZeros(lanes);
            ScalarKernels.sum(a, aAt, aStep, b, bAt, bStep, sum, output, to, place, place + 1);
          }
        }
      }
    }
    ScalarKernels.sum(a, aAt, aStep, b, bAt, bStep, sum, output, to, i, count);
  }

  @Override
  public void product(
      float[] a,
      int aAt,
      int aStep,
      float aZero,
      float[] b,
      int bAt,
      int bStep,
      float bZero,
      float[] output,
      int to,
      int count) {
    int end = FLOATS.loopBound(count);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = load(a, aAt, i, aStep).sub(aZero);
      FloatVector y = load(b, bAt, i, bStep).sub(bZero);
      x.mul(y).intoArray(output, to + i);
    }
    ScalarKernels.product(a, aAt, aStep, aZero, b, bAt, bStep, bZero, output, to, end, count);
  }

  @Override
  public void widen(byte[] input, int at, boolean unsigned, float[] output, int to, int count) {
    int i = 0;
    if (HAS_BYTES && !unsigned) {
      for (; i + LANES <= count; i += LANES) {
        ((FloatVector) ByteVector.fromArray(BYTES, input, at + i).castShape(FLOATS, 0))
            .intoArray(output, to + i);
      }
    } else if (HAS_BYTES) {
      for (; i + LANES <= count; i += LANES) {
        IntVector wide =
            (IntVector)
                ByteVector.fromArray(BYTES, input, at + i)
                    .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
        ((FloatVector) wide.convert(VectorOperators.I2F, 0)).intoArray(output, to + i);
      }
    }
    ScalarKernels.widen(input, at, unsigned, output, to, i, count);
  }

  @Override
  public void rescale(
      float[] sums,
      int at,
      Rescaling rescaling,
      int firstColumn,
      int count,
      byte[] output,
      int to) {
    int i = 0;
    if (rescaling.isApproximate()) {
      while (count - i >= LANES) {
        int vectors = Math.min(doubtful.length, (count - i) / LANES);
        int column = firstColumn + i;
        if (approximately(sums, at + i, rescaling, column, vectors, output, to + i, wide)) {
          findDoubtful(sums, at + i, rescaling, column, vectors, doubtful);
          for (int v = 0; v < vectors; v++) {
            for (long lanes = doubtful[v]; lanes != 0; lanes &= lanes - 1) {
              int place = i + v * LANES + Long.numberOfTrailingZeros(lanes);
              output[to + place] =
                  (byte) rescaling.apply((int) sums[at + place], firstColumn + place);
            }
          }
        }
        i += vectors * LANES;
      }
    }
    for (; i < count; i++) {
      output[to + i] = (byte) rescaling.apply((int) sums[at + i], firstColumn + i);
    }
  }

  /** Rescales in single precision; returns whether that does not do for some lane. */
  private static boolean approximately(
      float[] sums,
      int at,
      Rescaling rescaling,
      int column,
      int vectors,
      byte[] output,
      int to,
      int[] wide) {
    float[] biases = rescaling.floatBias;
    float[] factors = rescaling.factor;
    float[] shifts = rescaling.shift;
    boolean away = rescaling.away;
    FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
    int zeroPoint = rescaling.zeroPoint;
    IntVector low = IntVector.broadcast(INTS, ROUNDER_BITS + rescaling.low - zeroPoint);
    IntVector high = IntVector.broadcast(INTS, ROUNDER_BITS + rescaling.high - zeroPoint);
    IntVector greatest = IntVector.zero(INTS);
    for (int i = 0; i < vectors * LANES; i += LANES) {
      FloatVector product =
          FloatVector.fromArray(FLOATS, sums, at + i)
              .add(FloatVector.fromArray(FLOATS, biases, column + i))
              .mul(FloatVector.fromArray(FLOATS, factors, column + i));
      FloatVector shift = FloatVector.fromArray(FLOATS, shifts, column + i);
      if (away) {
        shift = shift.blend(shift.neg(), product.lt(0f));
      }
      FloatVector shifted = product.add(shift);
      FloatVector rounded = shifted.add(rounder);
      // The bits of a whole number beside the rounder are that number's, and clamped in one step.
      IntVector whole = rounded.reinterpretAsInts().max(low).min(high).add(zeroPoint);
      store(whole, output, to + i, wide);
      // Magnitudes are in the order of their bits.
      IntVector fraction =
          shifted.sub(rounded.sub(rounder)).reinterpretAsInts().and(Integer.MAX_VALUE);
      greatest = greatest.max(fraction);
    }
    return greatest.compare(VectorOperators.GT, SURE_BITS).anyTrue();
  }

  /** Finds for which lanes single precision does not do. */
  private static void findDoubtful(
      float[] sums, int at, Rescaling rescaling, int column, int vectors, long[] doubtful) {
    float[] biases = rescaling.floatBias;
    float[] factors = rescaling.factor;
    float[] shifts = rescaling.shift;
    boolean away = rescaling.away;
    FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER);
    for (int v = 0; v < vectors; v++) {
      int i = v * LANES;
      FloatVector product =
          FloatVector.fromArray(FLOATS, sums, at + i)
              .add(FloatVector.fromArray(FLOATS, biases, column + i))
              .mul(FloatVector.fromArray(FLOATS, factors, column + i));
      FloatVector shift = FloatVector.fromArray(FLOATS, shifts, column + i);
      if (away) {
        shift = shift.blend(shift.neg(), product.lt(0f));
      }
      FloatVector shifted = product.add(shift);
      FloatVector rounded = shifted.add(rounder);
      IntVector fraction =
          shifted.sub(rounded.sub(rounder)).reinterpretAsInts().and(Integer.MAX_VALUE);
      doubtful[v] = fraction.compare(VectorOperators.GT, SURE_BITS).toLong();
    }
  }

  @Override
  public void scale(
      float[] sums,
      int at,
      float[] scales,
      float[] bias,
      int firstColumn,
      float factor,
      int count,
      float[] output,
      int to,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    int end = FLOATS.loopBound(count);
    for (int i = 0; i < end; i += LANES) {
      FloatVector scale = FloatVector.fromArray(FLOATS, scales, firstColumn + i).mul(factor);
      FloatVector product = FloatVector.fromArray(FLOATS, sums, at + i).mul(scale);
      clamp(product.add(FloatVector.fromArray(FLOATS, bias, firstColumn + i)), low, high)
          .intoArray(output, to + i);
    }
    ScalarKernels.scale(
        sums, at, scales, bias, firstColumn, factor, end, count, output, to, min, max);
  }

  @Override
  public void quantize(
      float[] input,
      int at,
      double scale,
      int zeroPoint,
      int low,
      int high,
      byte[] output,
      int to,
      int count) {
    int i = 0;
    if (LANES > 1) {
      FloatVector least = FloatVector.broadcast(FLOATS, low - zeroPoint);
      FloatVector most = FloatVector.broadcast(FLOATS, high - zeroPoint);
      float factor = (float) (1 / scale);
      for (; i + LANES <= count; i += LANES) {
        FloatVector product =
            FloatVector.fromArray(FLOATS, input, at + i).mul(factor).max(least).min(most);
        FloatVector whole = product.add(ROUNDER).sub(ROUNDER);
        FloatVector fromHalf = product.sub(whole).abs().sub(0.5f).neg();
        // Near a half, and for NaN, single precision does not tell.
        if (fromHalf.compare(VectorOperators.GT, ScalarKernels.DOUBT).allTrue()) {
          store(toInts(whole.add(zeroPoint)), output, to + i, wide);
        } else {
          ScalarKernels.quantize(input, at, scale, zeroPoint, low, high, output, to, i, i + LANES);
        }
      }
    }
    ScalarKernels.quantize(input, at, scale, zeroPoint, low, high, output, to, i, count);
  }

  @Override
  public void quantizeRow(
      float[] input,
      int at,
      float factor,
      float zeroPoint,
      float low,
      float high,
      float[] output,
      int to,
      int count) {
    int i = 0;
    for (; i + LANES <= count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i).mul(factor).add(zeroPoint);
      FloatVector whole =
          (FloatVector) x.convert(VectorOperators.F2I, 0).convert(VectorOperators.I2F, 0);
      FloatVector rest = x.sub(whole);
      FloatVector up = whole.blend(whole.add(1f), rest.compare(VectorOperators.GE, 0.5f));
      up.blend(whole.sub(1f), rest.compare(VectorOperators.LE, -0.5f))
          .max(low)
          .min(high)
          .sub(zeroPoint)
          .intoArray(output, to + i);
    }
    ScalarKernels.quantizeRow(input, at, factor, zeroPoint, low, high, output, to, i, count);
  }
}
