package dev.whittle.runtime.kernel.simd;

/**
 * As {@link VectorPools}, in loops over channels that the compiler vectorizes; {@link ScalarGemm}
 * says what that takes. What takes a first channel goes channel by channel, for what vectors leave.
 * The loops are not those of {@link ScalarBlocks}: short ones here would have the compiler use
 * narrow vectors for long ones there.
 */
final class ScalarPools {
  /** Channels that are computed together. */
  private static final int WIDTH = 256;

  private final ScalarBlocks blocks;
  private final float[] result = new float[WIDTH];
  private final float[] next = new float[WIDTH];
  private final byte[] bytes = new byte[WIDTH];

  ScalarPools(ScalarBlocks blocks) {
    this.blocks = blocks;
  }

  /** {@link MicroKernels#maximum}. */
  void maximum(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float[] output,
      int to,
      float min,
      float max) {
    for (int c = 0; c < channels; c += WIDTH) {
      int width = Math.min(WIDTH, channels - c);
      System.arraycopy(input, rows[0] + c, result, 0, width);
      for (int i = 1; i < count; i++) {
        System.arraycopy(input, rows[i] + c, next, 0, width);
        raise(result, next, width);
      }
      if (Float.isNaN(blocks.extreme(MicroKernels.Binary.MAXIMUM, result, 0, width))) {
        maximum(input, rows, count, c, c + width, output, to, min, max);
      } else {
        ScalarGemm.put(result, width, output, to + c, min, max);
      }
    }
  }

  private static void raise(float[] result, float[] next, int width) {
    for (int c = 0; c < width; c++) {
      result[c] = Math.max(result[c], next[c]);
    }
  }

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
      output[to + c] = ScalarFunctions.clamp(greatest, min, max);
    }
  }

  /** {@link MicroKernels#average}. */
  void average(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float factor,
      float[] output,
      int to,
      float min,
      float max) {
    for (int c = 0; c < channels; c += WIDTH) {
      int width = Math.min(WIDTH, channels - c);
      sum(input, rows, count, c, width);
      scale(result, factor, width);
      ScalarGemm.put(result, width, output, to + c, min, max);
    }
  }

  private void sum(float[] input, int[] rows, int count, int first, int width) {
    System.arraycopy(input, rows[0] + first, result, 0, width);
    for (int i = 1; i < count; i++) {
      System.arraycopy(input, rows[i] + first, next, 0, width);
      add(result, next, width);
    }
  }

  private static void add(float[] result, float[] next, int width) {
    for (int c = 0; c < width; c++) {
      result[c] += next[c];
    }
  }

  private static void scale(float[] row, float factor, int width) {
    for (int c = 0; c < width; c++) {
      row[c] *= factor;
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
      output[to + c] = ScalarFunctions.clamp(sum * factor, min, max);
    }
  }

  /** {@link MicroKernels#maximum}. */
  void maximum(
      byte[] input,
      boolean unsigned,
      int[] rows,
      int count,
      int channels,
      byte[] output,
      int to,
      int low,
      int high) {
    for (int c = 0; c < channels; c += WIDTH) {
      int width = Math.min(WIDTH, channels - c);
      ScalarKernels.widen(input, rows[0] + c, unsigned, result, 0, 0, width);
      for (int i = 1; i < count; i++) {
        ScalarKernels.widen(input, rows[i] + c, unsigned, next, 0, 0, width);
        raise(result, next, width);
      }
      narrow(result, low, high, bytes, width);
      System.arraycopy(bytes, 0, output, to + c, width);
    }
  }

  private static void narrow(float[] row, float low, float high, byte[] output, int width) {
    for (int c = 0; c < width; c++) {
      output[c] = (byte) Math.min(Math.max(row[c], low), high);
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

  /** {@link MicroKernels#mean}. */
  void mean(
      float[] input,
      int[] rows,
      int count,
      int channels,
      byte[] output,
      int to,
      int low,
      int high) {
    for (int c = 0; c < channels; c += WIDTH) {
      int width = Math.min(WIDTH, channels - c);
      sum(input, rows, count, c, width);
      divide(result, count, width);
      narrow(result, low, high, bytes, width);
      System.arraycopy(bytes, 0, output, to + c, width);
    }
  }

  /** Quotients that become means when their fractions are cut off. */
  private static void divide(float[] sum, int count, int width) {
    int half = count / 2;
    for (int c = 0; c < width; c++) {
      float sign = Math.min(Math.max(sum[c], -1f), 1f);
      sum[c] = (sum[c] + half * sign) / count;
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
