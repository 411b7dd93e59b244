package dev.whittle.runtime.kernel;

/** As {@link VectorWinograd}, a channel at a time. */
final class ScalarWinograd {
  private ScalarWinograd() {}

  /** {@link MicroKernels#winogradInputs}. */
  static void inputs(
      float[] input, int[] places, int tiles, int channels, float[] output, int step) {
    for (int tile = 0; tile < tiles; tile++) {
      for (int c = 0; c < channels; c++) {
        int at = tile * channels + c;
        for (int x = 0; x < 4; x++) {
          int p = 16 * tile + x;
          float a = input[places[p] + c];
          float b = input[places[p + 4] + c];
          float d = input[places[p + 8] + c];
          float e = input[places[p + 12] + c];
          output[at + x * step] = a - d;
          output[at + (4 + x) * step] = b + d;
          output[at + (8 + x) * step] = d - b;
          output[at + (12 + x) * step] = b - e;
        }
        for (int y = 0; y < 4; y++) {
          int row = at + 4 * y * step;
          float a = output[row];
          float b = output[row + step];
          float d = output[row + 2 * step];
          float e = output[row + 3 * step];
          output[row] = a - d;
          output[row + step] = b + d;
          output[row + 2 * step] = d - b;
          output[row + 3 * step] = b - e;
        }
      }
    }
  }

  /** {@link MicroKernels#winogradOutputs}. */
  static void outputs(
      float[] sums,
      int tiles,
      int width,
      int columns,
      float[] output,
      int[] places,
      int column,
      float min,
      float max) {
    int step = tiles * width;
    for (int tile = 0; tile < tiles; tile++) {
      for (int c = 0; c < columns; c++) {
        for (int y = 0; y < 2; y++) {
          int at = tile * width + c;
          float r0 = row(sums, at, step, y);
          float r1 = row(sums, at + step, step, y);
          float r2 = row(sums, at + 2 * step, step, y);
          float r3 = row(sums, at + 3 * step, step, y);
          put(output, places[4 * tile + 2 * y], column + c, r0 + r1 + r2, min, max);
          put(output, places[4 * tile + 2 * y + 1], column + c, r1 - r2 - r3, min, max);
        }
      }
    }
  }

  private static float row(float[] sums, int at, int step, int y) {
    float a = sums[at + 4 * step];
    float b = sums[at + 8 * step];
    return y == 0 ? sums[at] + a + b : a - b - sums[at + 12 * step];
  }

  private static void put(
      float[] output, int place, int column, float value, float min, float max) {
    if (place >= 0) {
      output[place + column] = ScalarKernels.clamp(value, min, max);
    }
  }

  /** {@link MicroKernels#winogradSums}. */
  static void sums(float[] sums, int tiles, int width, int[] places) {
    int step = tiles * width;
    for (int tile = 0; tile < tiles; tile++) {
      for (int c = 0; c < width; c++) {
        for (int y = 0; y < 2; y++) {
          int at = tile * width + c;
          int r0 = wholeRow(sums, at, step, y);
          int r1 = wholeRow(sums, at + step, step, y);
          int r2 = wholeRow(sums, at + 2 * step, step, y);
          int r3 = wholeRow(sums, at + 3 * step, step, y);
          int place = places[2 * tile + y] + c;
          sums[place] = (2 * r0 + r1 + r2) >> 2;
          sums[place + width] = (r1 - r2 - 2 * r3) >> 2;
        }
      }
    }
  }

  private static int wholeRow(float[] sums, int at, int step, int y) {
    int a = (int) sums[at + 4 * step];
    int b = (int) sums[at + 8 * step];
    return y == 0 ? 2 * (int) sums[at] + a + b : a - b - 2 * (int) sums[at + 12 * step];
  }
}
