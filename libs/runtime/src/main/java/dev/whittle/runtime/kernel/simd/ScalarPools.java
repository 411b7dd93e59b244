package dev.whittle.runtime.kernel.simd;

import dev.whittle.ir.op.Activation.Bounds;
import java.util.Arrays;

/**
 * {@link VectorPools} in loops over channels that the compiler vectorizes; see {@link ScalarGemm}.
 * Static methods with a first channel compute also the channels that vectors leave, one by one. The
 * loops are not those of {@link ScalarBlocks}: short ones here would have the compiler use narrow
 * vectors for long ones there.
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

  /** See {@link MicroKernels#maximum}. */
  void maximum(
      float[] input, int[] rows, int count, int channels, float[] output, int to, Clamp clamp) {
    for (int c = 0; c < channels; c += WIDTH) {
      int width = Math.min(WIDTH, channels - c);
      Arrays.fill(result, 0, width, -Float.MAX_VALUE);
      for (int i = 0; i < count; i++) {
        System.arraycopy(input, rows[i] + c, next, 0, width);
        raise(result, next, width);
      }
      if (Float.isNaN(blocks.extreme(MicroKernels.Binary.MAXIMUM, result, 0, width))) {
        maximum(input, rows, count, c, c + width, output, to, clamp);
      } else {
        ScalarGemm.put(result, width, output, to + c, clamp);
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
      int last,
      float[] output,
      int to,
      Clamp clamp) {
    for (int c = first; c < last; c++) {
      float max = -Float.MAX_VALUE;
      for (int i = 0; i < count; i++) {
        float x = input[rows[i] + c];
        max = max < x ? x : max;
      }
      output[to + c] = ScalarFunctions.clamp(max, clamp.min(), clamp.max());
    }
  }

  /** See {@link MicroKernels#average}. */
  void average(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float factor,
      float[] output,
      int to,
      Clamp clamp) {
    for (int c = 0; c < channels; c += WIDTH) {
      int width = Math.min(WIDTH, channels - c);
      sum(input, rows, count, c, width);
      scale(result, factor, width);
      ScalarGemm.put(result, width, output, to + c, clamp);
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
      int last,
      float factor,
      float[] output,
      int to,
      Clamp clamp) {
    for (int c = first; c < last; c++) {
      float sum = input[rows[0] + c];
      for (int i = 1; i < count; i++) {
        sum += input[rows[i] + c];
      }
      output[to + c] = ScalarFunctions.clamp(sum * factor, clamp.min(), clamp.max());
    }
  }

  /** See {@link MicroKernels#maximum}. */
  void maximum(
      byte[] input,
      boolean unsigned,
      int[] rows,
      int count,
      int channels,
      byte[] output,
      int to,
      Bounds bounds) {
    for (int c = 0; c < channels; c += WIDTH) {
      int width = Math.min(WIDTH, channels - c);
      ScalarKernels.widen(input, rows[0] + c, unsigned, result, 0, 0, width);
      for (int i = 1; i < count; i++) {
        ScalarKernels.widen(input, rows[i] + c, unsigned, next, 0, 0, width);
        raise(result, next, width);
      }
      narrow(result, bounds.low(), bounds.high(), bytes, width);
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
      int last,
      byte[] output,
      int to,
      Bounds bounds) {
    int mask = unsigned ? 0xff : -1;
    for (int c = first; c < last; c++) {
      int max = bounds.low();
      for (int i = 0; i < count; i++) {
        max = Math.max(max, input[rows[i] + c] & mask);
      }
      output[to + c] = (byte) Math.min(max, bounds.high());
    }
  }

  /** See {@link MicroKernels#mean}. */
  void mean(
      float[] input, int[] rows, int count, int channels, byte[] output, int to, Bounds bounds) {
    for (int c = 0; c < channels; c += WIDTH) {
      int width = Math.min(WIDTH, channels - c);
      sum(input, rows, count, c, width);
      divide(result, count, width);
      narrow(result, bounds.low(), bounds.high(), bytes, width);
      System.arraycopy(bytes, 0, output, to + c, width);
    }
  }

  /** Computes quotients that become rounded means when they are truncated. */
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
      int last,
      byte[] output,
      int to,
      Bounds bounds) {
    int half = count / 2;
    for (int c = first; c < last; c++) {
      int sum = (int) input[rows[0] + c];
      for (int i = 1; i < count; i++) {
        sum += (int) input[rows[i] + c];
      }
      int mean = (sum < 0 ? sum - half : sum + half) / count;
      output[to + c] = (byte) Math.min(Math.max(mean, bounds.low()), bounds.high());
    }
  }
}
