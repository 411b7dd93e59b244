package dev.whittle.runtime.kernel.simd;

/**
 * {@link VectorWinograd} in loops over channels that the compiler vectorizes; see {@link
 * ScalarGemm}.
 */
final class ScalarWinograd {
  /** Channels that are computed together. */
  private static final int WIDTH = 256;

  private final float[][] tile = new float[MicroKernels.WINOGRAD_ELEMENTS][WIDTH];
  private final int[][] integers = new int[MicroKernels.WINOGRAD_ELEMENTS][WIDTH];

  /** See {@link MicroKernels#winogradInputs}. */
  void inputs(float[] input, int[] indices, int tiles, int channels, float[] output, int step) {
    for (int t = 0; t < tiles; t++) {
      for (int c = 0; c < channels; c += WIDTH) {
        int count = Math.min(WIDTH, channels - c);
        for (int i = 0; i < tile.length; i++) {
          System.arraycopy(input, indices[tile.length * t + i] + c, tile[i], 0, count);
        }
        for (int x = 0; x < 4; x++) {
          input(tile[x], tile[x + 4], tile[x + 8], tile[x + 12], count);
        }
        for (int y = 0; y < 16; y += 4) {
          input(tile[y], tile[y + 1], tile[y + 2], tile[y + 3], count);
        }
        for (int i = 0; i < tile.length; i++) {
          System.arraycopy(tile[i], 0, output, i * step + t * channels + c, count);
        }
      }
    }
  }

  /** Transforms four rows or columns. */
  private static void input(float[] a, float[] b, float[] d, float[] e, int count) {
    for (int c = 0; c < count; c++) {
      float first = a[c];
      float second = b[c];
      float third = d[c];
      float fourth = e[c];
      a[c] = first - third;
      b[c] = second + third;
      d[c] = third - second;
      e[c] = second - fourth;
    }
  }

  /** See {@link MicroKernels#winogradOutputs}. */
  void outputs(
      float[] sums,
      int tiles,
      int width,
      int columns,
      float[] output,
      int[] indices,
      int column,
      Clamp clamp) {
    for (int t = 0; t < tiles; t++) {
      for (int c = 0; c < columns; c += WIDTH) {
        int count = Math.min(WIDTH, columns - c);
        for (int i = 0; i < tile.length; i++) {
          System.arraycopy(sums, (i * tiles + t) * width + c, tile[i], 0, count);
        }
        for (int x = 0; x < 4; x++) {
          output(tile[x], tile[x + 4], tile[x + 8], tile[x + 12], count);
        }
        for (int y = 0; y < 2; y++) {
          float[] left = tile[4 * y];
          float[] right = tile[4 * y + 1];
          output(left, right, tile[4 * y + 2], tile[4 * y + 3], count);
          put(left, count, output, indices[4 * t + 2 * y], column + c, clamp);
          put(right, count, output, indices[4 * t + 2 * y + 1], column + c, clamp);
        }
      }
    }
  }

  /** Transforms four rows or columns to two, in {@code a} and {@code b}. */
  private static void output(float[] a, float[] b, float[] d, float[] e, int count) {
    for (int c = 0; c < count; c++) {
      float second = b[c];
      float third = d[c];
      a[c] = a[c] + second + third;
      b[c] = second - third - e[c];
    }
  }

  private static void put(
      float[] row, int count, float[] output, int index, int column, Clamp clamp) {
    if (index >= 0) {
      ScalarGemm.put(row, count, output, index + column, clamp);
    }
  }

  /** See {@link MicroKernels#winogradSums}. */
  void sums(float[] sums, int tiles, int width, int[] indices) {
    for (int t = 0; t < tiles; t++) {
      for (int c = 0; c < width; c += WIDTH) {
        int count = Math.min(WIDTH, width - c);
        for (int i = 0; i < tile.length; i++) {
          System.arraycopy(sums, (i * tiles + t) * width + c, tile[i], 0, count);
          toIntegers(tile[i], integers[i], count);
        }
        for (int x = 0; x < 4; x++) {
          sum(integers[x], integers[x + 4], integers[x + 8], integers[x + 12], count);
        }
        for (int y = 0; y < 2; y++) {
          int[] left = integers[4 * y];
          int[] right = integers[4 * y + 1];
          sum(left, right, integers[4 * y + 2], integers[4 * y + 3], count);
          int to = indices[2 * t + y] + c;
          quarter(left, tile[0], count);
          System.arraycopy(tile[0], 0, sums, to, count);
          quarter(right, tile[0], count);
          System.arraycopy(tile[0], 0, sums, to + width, count);
        }
      }
    }
  }

  private static void toIntegers(float[] integers, int[] output, int count) {
    for (int c = 0; c < count; c++) {
      output[c] = (int) integers[c];
    }
  }

  /** {@link #output} in integers, where the outer rows or columns count twice. */
  private static void sum(int[] a, int[] b, int[] d, int[] e, int count) {
    for (int c = 0; c < count; c++) {
      int second = b[c];
      int third = d[c];
      a[c] = 2 * a[c] + second + third;
      b[c] = second - third - 2 * e[c];
    }
  }

  private static void quarter(int[] input, float[] output, int count) {
    for (int c = 0; c < count; c++) {
      output[c] = input[c] >> 2;
    }
  }
}
