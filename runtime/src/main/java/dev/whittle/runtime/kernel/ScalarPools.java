package dev.whittle.runtime.kernel;

/** As {@link VectorPools}, a channel at a time, of some channels from {@code first} on. */
final class ScalarPools {
  private ScalarPools() {}

  static void maximum(
      float[] input,
      int[] rows,
      int count,
      int first,
      int channels,
      float[] output,
      int to,
      float min,
      float max) {
    for (int c = first; c < channels; c++) {
      float greatest = input[rows[0] + c];
      for (int i = 1; i < count; i++) {
        float x = input[rows[i] + c];
        greatest = greatest < x ? x : greatest;
      }
      output[to + c] = ScalarKernels.clamp(greatest, min, max);
    }
  }

  static void average(
      float[] input,
      int[] rows,
      int count,
      int first,
      int channels,
      float factor,
      float[] output,
      int to,
      float min,
      float max) {
    for (int c = first; c < channels; c++) {
      float sum = input[rows[0] + c];
      for (int i = 1; i < count; i++) {
        sum += input[rows[i] + c];
      }
      output[to + c] = ScalarKernels.clamp(sum * factor, min, max);
    }
  }

  static void maximum(
      byte[] input,
      boolean unsigned,
      int[] rows,
      int count,
      int first,
      int channels,
      byte[] output,
      int to,
      int low,
      int high) {
    int mask = unsigned ? 0xff : -1;
    for (int c = first; c < channels; c++) {
      int greatest = low;
      for (int i = 0; i < count; i++) {
        greatest = Math.max(greatest, input[rows[i] + c] & mask);
      }
      output[to + c] = (byte) Math.min(greatest, high);
    }
  }

  static void mean(
      float[] input,
      int[] rows,
      int count,
      int first,
      int channels,
      byte[] output,
      int to,
      int low,
      int high) {
    int half = count / 2;
    for (int c = first; c < channels; c++) {
      int sum = (int) input[rows[0] + c];
      for (int i = 1; i < count; i++) {
        sum += (int) input[rows[i] + c];
      }
      int mean = (sum < 0 ? sum - half : sum + half) / count;
      output[to + c] = (byte) Math.min(Math.max(mean, low), high);
    }
  }
}
