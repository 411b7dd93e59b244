package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import java.util.Arrays;

/**
 * {@link VectorDepthwise} in loops over channels that the compiler vectorizes; see {@link
 * ScalarGemm}. Each column of pixels under the filter is copied to arrays of its own, once for all
 * windows of stride 1 that it is in.
 */
final class ScalarDepthwise {
  /** Channels that are computed together: those of several windows where one has few. */
  private static final int WIDTH = 256;

  /** With fewer channels, loops are too short to be worth copies. */
  private static final int MIN_CHANNELS = 4;

  /** The most rows and columns of a filter that copies are made for. */
  private static final int MAX_FILTER = 16;

  private final float[] sum = new float[WIDTH];
  private final float[] biases = new float[WIDTH];

  /** {@code [filterWidth][filterHeight][WIDTH]}. */
  private float[][][] weights = {};

  /** Pixels, as {@link #weights}: slot {@code i} has column {@code columns[i]} of the input. */
  private float[][][] pixels = {};

  private int[] columns = {};

  /** For each tap, in the order of the products, its pixels. */
  private float[][] tapPixels = {};

  /** For each tap, in the order of the products, its weights. */
  private float[][] tapWeights = {};

  /** The filter's row of each tap, in the order of the products. */
  private int[] tapRows = {};

  /** The filter's column of each tap, in the order of the products. */
  private int[] tapColumns = {};

  /** For each column of a window the slot of its pixels. */
  private int[] slots = {};

  /** See {@link MicroKernels#depthwise}. */
  void compute(
      float[] input,
      InputRows inputRows,
      DepthwiseFilter filter,
      float[] output,
      DepthwiseBlock block,
      Clamp clamp) {
    DepthwiseGeometry geometry = filter.geometry;
    order(geometry);
    int size = Math.max(geometry.filterWidth(), geometry.filterHeight());
    if (block.channels < MIN_CHANNELS || size > MAX_FILTER) {
      eachChannel(input, inputRows, filter, output, block, clamp);
      return;
    }
    reserve(geometry.filterWidth(), geometry.filterHeight());
    for (int c = 0; c < block.channels; c += WIDTH) {
      int first = block.firstChannel + c;
      int count = Math.min(WIDTH, block.channels - c);
      int joined = WIDTH / count;
      load(filter, first, count, joined);
      int inside = joined == 1 ? geometry.outputs() : Math.max(geometry.firstInside(), 0);
      int end = joined == 1 ? inside : Math.max(inside, geometry.endInside());
      for (int row = 0; row < block.rows; row++) {
        Arrays.fill(columns, -1);
        int r = row * geometry.filterHeight();
        int to = block.outputOffset + row * block.rowStride + c;
        for (int x = 0; x < geometry.outputs(); ) {
          int some = x >= inside && x < end ? Math.min(joined, end - x) : 1;
          System.arraycopy(biases, 0, sum, 0, some * count);
          if (some == 1) {
            window(input, inputRows, r, geometry, x, first, count);
          } else {
            windows(input, inputRows, r, geometry, x, some, first, count);
          }
          ScalarGemm.clamp(sum, some * count, clamp);
          for (int i = 0; i < some; i++, x++) {
            System.arraycopy(sum, i * count, output, to + x * block.pixelStride, count);
          }
        }
      }
    }
  }

  private void order(DepthwiseGeometry geometry) {
    int taps = geometry.taps();
    if (tapRows.length < taps) {
      tapRows = new int[taps];
      tapColumns = new int[taps];
    }
    for (int tap = 0; tap < taps; tap++) {
      tapRows[tap] = geometry.tapRow(tap);
      tapColumns[tap] = geometry.tapColumn(tap);
    }
  }

  /** Copies weights and biases of some channels, once for each of {@code joined} windows. */
  private void load(DepthwiseFilter filter, int first, int count, int joined) {
    DepthwiseGeometry geometry = filter.geometry;
    for (int i = 0; i < joined; i++) {
      System.arraycopy(filter.bias, first, biases, i * count, count);
      for (int kx = 0; kx < geometry.filterWidth(); kx++) {
        for (int ky = 0; ky < geometry.filterHeight(); ky++) {
          int at = (ky * geometry.filterWidth() + kx) * geometry.channels() + first;
          System.arraycopy(filter.weights, at, weights[kx][ky], i * count, count);
        }
      }
    }
  }

  private void reserve(int filterWidth, int filterHeight) {
    int height = columns.length == 0 ? 0 : weights[0].length;
    if (columns.length < filterWidth || height < filterHeight) {
      int width = Math.max(columns.length, filterWidth);
      height = Math.max(height, filterHeight);
      columns = new int[width];
      slots = new int[width];
      weights = new float[width][height][WIDTH];
      pixels = new float[width][height][WIDTH];
      tapPixels = new float[width * height][];
      tapWeights = new float[width * height][];
    }
  }

  /** Adds the products of one window. */
  private void window(
      float[] input,
      InputRows inputRows,
      int r,
      DepthwiseGeometry geometry,
      int x,
      int firstChannel,
      int count) {
    int dilation = geometry.dilation();
    int width = geometry.filterWidth();
    int start = x * geometry.stride() - geometry.before();
    int first = start >= 0 ? 0 : Math.ceilDiv(-start, dilation);
    int end = Math.clamp(Math.ceilDiv(geometry.width() - start, dilation), 0, width);
    for (int kx = first; kx < end; kx++) {
      int column = start + kx * dilation;
      // The columns of a window are in different slots.
      int slot = dilation == 1 ? column % width : kx;
      slots[kx] = slot;
      if (columns[slot] != column) {
        columns[slot] = column;
        for (int ky = 0; ky < geometry.filterHeight(); ky++) {
          int at = inputRows.starts[r + ky] + firstChannel + column * inputRows.steps[r + ky];
          System.arraycopy(input, at, pixels[slot][ky], 0, count);
        }
      }
    }
    int inside = 0;
    for (int tap = 0; tap < geometry.taps(); tap++) {
      int kx = tapColumns[tap];
      if (kx >= first && kx < end) {
        int ky = tapRows[tap];
        tapPixels[inside] = pixels[slots[kx]][ky];
        tapWeights[inside++] = weights[kx][ky];
      }
    }
    add(inside, count);
  }

  /** Adds the products of some adjacent windows inside the input. */
  private void windows(
      float[] input,
      InputRows inputRows,
      int r,
      DepthwiseGeometry geometry,
      int x,
      int some,
      int firstChannel,
      int count) {
    Arrays.fill(columns, -1);
    int stride = geometry.stride();
    for (int tap = 0; tap < geometry.taps(); tap++) {
      int kx = tapColumns[tap];
      int ky = tapRows[tap];
      float[] pixel = pixels[kx][ky];
      int step = inputRows.steps[r + ky];
      int column = x * stride - geometry.before() + kx * geometry.dilation();
      int at = inputRows.starts[r + ky] + firstChannel + column * step;
      if (step * stride == count) {
        System.arraycopy(input, at, pixel, 0, some * count);
      } else {
        for (int i = 0; i < some; i++) {
          System.arraycopy(input, at + i * stride * step, pixel, i * count, count);
        }
      }
      tapPixels[tap] = pixel;
      tapWeights[tap] = weights[kx][ky];
    }
    add(geometry.taps(), some * count);
  }

  /** Adds the products of some taps. */
  private void add(int taps, int count) {
    int tap = 0;
    for (; tap + 3 <= taps; tap += 3) {
      addThree(
          sum,
          tapPixels[tap],
          tapPixels[tap + 1],
          tapPixels[tap + 2],
          tapWeights[tap],
          tapWeights[tap + 1],
          tapWeights[tap + 2],
          count);
    }
    for (; tap < taps; tap++) {
      addOne(sum, tapPixels[tap], tapWeights[tap], count);
    }
  }

  private static void addThree(
      float[] s,
      float[] x0,
      float[] x1,
      float[] x2,
      float[] w0,
      float[] w1,
      float[] w2,
      int count) {
    for (int c = 0; c < count; c++) {
      s[c] = Math.fma(x2[c], w2[c], Math.fma(x1[c], w1[c], Math.fma(x0[c], w0[c], s[c])));
    }
  }

  private static void addOne(float[] s, float[] x, float[] w, int count) {
    for (int c = 0; c < count; c++) {
      s[c] = Math.fma(x[c], w[c], s[c]);
    }
  }

  /** Computes outputs channel by channel. */
  private void eachChannel(
      float[] input,
      InputRows inputRows,
      DepthwiseFilter filter,
      float[] output,
      DepthwiseBlock block,
      Clamp clamp) {
    int outputs = filter.geometry.outputs();
    for (int row = 0; row < block.rows; row++) {
      int r = row * filter.geometry.filterHeight();
      for (int x = 0; x < outputs; x++) {
        int to = block.outputOffset + row * block.rowStride + x * block.pixelStride;
        for (int c = 0; c < block.channels; c++) {
          float result = channel(input, inputRows, r, filter, x, block.firstChannel + c);
          output[to + c] = ScalarFunctions.clamp(result, clamp.min(), clamp.max());
        }
      }
    }
  }

  /** Returns one channel of one output. */
  private float channel(
      float[] input, InputRows inputRows, int r, DepthwiseFilter filter, int x, int c) {
    DepthwiseGeometry geometry = filter.geometry;
    float result = filter.bias[c];
    for (int tap = 0; tap < geometry.taps(); tap++) {
      int kx = tapColumns[tap];
      int column = x * geometry.stride() - geometry.before() + kx * geometry.dilation();
      if (column >= 0 && column < geometry.width()) {
        int ky = tapRows[tap];
        float w = filter.weights[(ky * geometry.filterWidth() + kx) * geometry.channels() + c];
        int at = inputRows.starts[r + ky] + c + column * inputRows.steps[r + ky];
        result = Math.fma(input[at], w, result);
      }
    }
    return result;
  }
}
