package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import java.util.Arrays;

/**
 * Depthwise filters without the Vector API, in loops over channels that the compiler vectorizes;
 * {@link ScalarGemm} says what that takes. Each column of pixels under the filter is copied to
 * arrays of its own, once for all windows of stride 1 that it is in.
 */
final class ScalarDepthwise {
  /** Channels that are computed together: of several windows, where one has few. */
  private static final int WIDTH = 256;

  /** With fewer channels, loops are too short to be worth copies. */
  private static final int MIN_CHANNELS = 4;

  /** Rows and columns of a filter that there is room for. */
  private static final int MAX_FILTER = 16;

  private final float[] sum = new float[WIDTH];
  private final float[] biases = new float[WIDTH];

  /** {@code [filterWidth][filterHeight][WIDTH]}. */
  private float[][][] weights = {};

  /** Pixels, as {@link #weights}: the column {@code columns[i]} of the input is in place i. */
  private float[][][] pixels = {};

  private int[] columns = {};

  /** For each tap, in the order of the products, the pixels and the weights that are multiplied. */
  private float[][] multiplied = {};

  private float[][] multipliers = {};

  /** The filter's row and column of each tap, in the order of the products. */
  private int[] tapRows = {};

  private int[] tapColumns = {};

  /** For each column of a window, the place of its pixels. */
  private int[] placeOf = {};

  /** {@link MicroKernels#depthwise}. */
  void compute(
      float[] input,
      int[] rows,
      int[] steps,
      int lines,
      DepthwiseGeometry row,
      float[] filter,
      float[] bias,
      int firstChannel,
      int channels,
      float[] output,
      int outputAt,
      int pixelStep,
      int lineStep,
      float min,
      float max) {
    order(row);
    if (channels < MIN_CHANNELS || Math.max(row.filterWidth(), row.filterHeight()) > MAX_FILTER) {
      eachChannel(
          input,
          rows,
          steps,
          lines,
          row,
          filter,
          bias,
          firstChannel,
          channels,
          output,
          outputAt,
          pixelStep,
          lineStep,
          min,
          max);
      return;
    }
    reserve(row.filterWidth(), row.filterHeight());
    for (int c = 0; c < channels; c += WIDTH) {
      int first = firstChannel + c;
      int count = Math.min(WIDTH, channels - c);
      int together = WIDTH / count;
      load(row, filter, bias, first, count, together);
      int inside = together == 1 ? row.outputs() : Math.max(row.firstInside(), 0);
      int end = together == 1 ? inside : Math.max(inside, row.endInside());
      for (int y = 0; y < lines; y++) {
        Arrays.fill(columns, -1);
        int firstRow = y * row.filterHeight();
        int to = outputAt + y * lineStep + c;
        for (int x = 0; x < row.outputs(); ) {
          int some = x >= inside && x < end ? Math.min(together, end - x) : 1;
          System.arraycopy(biases, 0, sum, 0, some * count);
          if (some == 1) {
            window(input, rows, steps, firstRow, row, x, first, count);
          } else {
            windows(input, rows, steps, firstRow, row, x, some, first, count);
          }
          ScalarGemm.clamp(sum, some * count, min, max);
          for (int i = 0; i < some; i++, x++) {
            System.arraycopy(sum, i * count, output, to + x * pixelStep, count);
          }
        }
      }
    }
  }

  private void order(DepthwiseGeometry row) {
    int taps = row.taps();
    if (tapRows.length < taps) {
      tapRows = new int[taps];
      tapColumns = new int[taps];
    }
    for (int tap = 0; tap < taps; tap++) {
      tapRows[tap] = row.tapRow(tap);
      tapColumns[tap] = row.tapColumn(tap);
    }
  }

  /** Copies weights and biases of some channels, as often as there are windows together. */
  private void load(
      DepthwiseGeometry row, float[] filter, float[] bias, int first, int count, int together) {
    for (int i = 0; i < together; i++) {
      System.arraycopy(bias, first, biases, i * count, count);
      for (int kx = 0; kx < row.filterWidth(); kx++) {
        for (int ky = 0; ky < row.filterHeight(); ky++) {
          int at = (ky * row.filterWidth() + kx) * row.channels() + first;
          System.arraycopy(filter, at, weights[kx][ky], i * count, count);
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
      placeOf = new int[width];
      weights = new float[width][height][WIDTH];
      pixels = new float[width][height][WIDTH];
      multiplied = new float[width * height][];
      multipliers = new float[width * height][];
    }
  }

  /** Adds the products of one window. */
  private void window(
      float[] input,
      int[] rows,
      int[] steps,
      int firstRow,
      DepthwiseGeometry row,
      int x,
      int firstChannel,
      int count) {
    int start = x * row.stride() - row.before();
    int first = start >= 0 ? 0 : Math.ceilDiv(-start, row.dilation());
    int end = Math.clamp(Math.ceilDiv(row.width() - start, row.dilation()), 0, row.filterWidth());
    for (int kx = first; kx < end; kx++) {
      int column = start + kx * row.dilation();
      // Columns of a window lie in different places.
      int place = row.dilation() == 1 ? column % row.filterWidth() : kx;
      placeOf[kx] = place;
      if (columns[place] != column) {
        columns[place] = column;
        for (int ky = 0; ky < row.filterHeight(); ky++) {
          int at = rows[firstRow + ky] + firstChannel + column * steps[firstRow + ky];
          System.arraycopy(input, at, pixels[place][ky], 0, count);
        }
      }
    }
    int inside = 0;
    for (int tap = 0; tap < row.taps(); tap++) {
      int kx = tapColumns[tap];
      if (kx >= first && kx < end) {
        int ky = tapRows[tap];
        multiplied[inside] = pixels[placeOf[kx]][ky];
        multipliers[inside++] = weights[kx][ky];
      }
    }
    add(inside, count);
  }

  /** Adds the products of some adjacent windows, all of which are inside the input. */
  private void windows(
      float[] input,
      int[] rows,
      int[] steps,
      int firstRow,
      DepthwiseGeometry row,
      int x,
      int some,
      int firstChannel,
      int count) {
    Arrays.fill(columns, -1);
    for (int tap = 0; tap < row.taps(); tap++) {
      int kx = tapColumns[tap];
      int ky = tapRows[tap];
      float[] pixel = pixels[kx][ky];
      int step = steps[firstRow + ky];
      int column = x * row.stride() - row.before() + kx * row.dilation();
      int at = rows[firstRow + ky] + firstChannel + column * step;
      if (step * row.stride() == count) {
        System.arraycopy(input, at, pixel, 0, some * count);
      } else {
        for (int i = 0; i < some; i++) {
          System.arraycopy(input, at + i * row.stride() * step, pixel, i * count, count);
        }
      }
      multiplied[tap] = pixel;
      multipliers[tap] = weights[kx][ky];
    }
    add(row.taps(), some * count);
  }

  /** Adds the products of some taps. */
  private void add(int taps, int count) {
    int tap = 0;
    for (; tap + 3 <= taps; tap += 3) {
      addThree(
          sum,
          multiplied[tap],
          multiplied[tap + 1],
          multiplied[tap + 2],
          multipliers[tap],
          multipliers[tap + 1],
          multipliers[tap + 2],
          count);
    }
    for (; tap < taps; tap++) {
      addOne(sum, multiplied[tap], multipliers[tap], count);
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

  /** Channel by channel. */
  private void eachChannel(
      float[] input,
      int[] rows,
      int[] steps,
      int lines,
      DepthwiseGeometry row,
      float[] weights,
      float[] bias,
      int firstChannel,
      int channels,
      float[] output,
      int outputAt,
      int pixelStep,
      int lineStep,
      float min,
      float max) {
    for (int y = 0; y < lines; y++) {
      for (int x = 0; x < row.outputs(); x++) {
        int to = outputAt + y * lineStep + x * pixelStep;
        for (int c = 0; c < channels; c++) {
          float sum =
              depthwise(
                  input,
                  rows,
                  steps,
                  y * row.filterHeight(),
                  row,
                  weights,
                  bias,
                  x,
                  firstChannel + c);
          output[to + c] = ScalarFunctions.clamp(sum, min, max);
        }
      }
    }
  }

  /** One output. */
  private float depthwise(
      float[] input,
      int[] rows,
      int[] steps,
      int firstRow,
      DepthwiseGeometry row,
      float[] weights,
      float[] bias,
      int x,
      int c) {
    float sum = bias[c];
    for (int tap = 0; tap < row.taps(); tap++) {
      int kx = tapColumns[tap];
      int column = x * row.stride() - row.before() + kx * row.dilation();
      if (column >= 0 && column < row.width()) {
        int ky = tapRows[tap];
        float w = weights[(ky * row.filterWidth() + kx) * row.channels() + c];
        int at = rows[firstRow + ky] + c + column * steps[firstRow + ky];
        sum = Math.fma(input[at], w, sum);
      }
    }
    return sum;
  }
}
