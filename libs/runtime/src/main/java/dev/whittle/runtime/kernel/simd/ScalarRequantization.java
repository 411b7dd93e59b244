package dev.whittle.runtime.kernel.simd;

import java.util.Arrays;

/**
 * As {@link VectorRequantization}, in loops that the compiler vectorizes; {@link ScalarGemm} says
 * what that takes. Where columns are few, some rows are put one behind the other.
 */
final class ScalarRequantization {
  /** Sums that are computed together. */
  private static final int WIDTH = 256;

  /** Rows whose doubtful columns are looked for together, so that it is seldom done. */
  private static final int GROUP = 32;

  private static final float ROUNDER = ScalarFunctions.ROUNDER;

  private final float[] sum = new float[WIDTH];
  private final float[] factor = new float[WIDTH];
  private final float[] shift = new float[WIDTH];
  private final float[] signed = new float[WIDTH];

  /** How far products have been from whole numbers. */
  private final float[] doubt = new float[WIDTH];

  private final byte[] bytes = new byte[WIDTH];

  /** {@link MicroKernels#requantize}. */
  void requantize(
      float[] sums,
      int at,
      int sumStride,
      PackedRequantization requantization,
      int firstColumn,
      int columns,
      int rows,
      byte[] output,
      int to,
      int outputStride) {
    if (!requantization.isApproximate()) {
      ScalarKernels.requantizeExactly(
          sums,
          at,
          sumStride,
          requantization,
          firstColumn,
          columns,
          rows,
          output,
          to,
          outputStride);
      return;
    }
    for (int c = 0; c < columns; c += WIDTH) {
      int count = Math.min(WIDTH, columns - c);
      int together = Math.min(WIDTH / count, rows);
      for (int i = 0; i < together; i++) {
        System.arraycopy(requantization.factor, firstColumn + c, factor, i * count, count);
        System.arraycopy(requantization.shift, firstColumn + c, shift, i * count, count);
      }
      int group = together * GROUP;
      for (int row = 0; row < rows; row += group) {
        int from = at + row * sumStride + c;
        int place = to + row * outputStride + c;
        int some = Math.min(group, rows - row);
        approximately(
            sums,
            from,
            sumStride,
            requantization,
            count,
            some,
            together,
            output,
            place,
            outputStride);
        exactly(
            sums,
            from,
            sumStride,
            requantization,
            firstColumn + c,
            count,
            some,
            together,
            output,
            place,
            outputStride);
      }
    }
  }

  /** Some rows in single precision, {@code together} of them at a time. */
  private void approximately(
      float[] sums,
      int at,
      int sumStride,
      PackedRequantization requantization,
      int columns,
      int rows,
      int together,
      byte[] output,
      int to,
      int outputStride) {
    Arrays.fill(doubt, 0);
    float low = requantization.low - requantization.zeroPoint;
    float high = requantization.high - requantization.zeroPoint;
    for (int row = 0; row < rows; row += together) {
      int some = Math.min(together, rows - row);
      for (int i = 0; i < some; i++) {
        System.arraycopy(sums, at + (row + i) * sumStride, sum, i * columns, columns);
      }
      int count = some * columns;
      if (requantization.away) {
        sign(sum, shift, signed, count);
      }
      round(sum, factor, requantization.away ? signed : shift, doubt, count);
      store(sum, low, high, requantization.zeroPoint, bytes, count);
      for (int i = 0; i < some; i++) {
        System.arraycopy(bytes, i * columns, output, to + (row + i) * outputStride, columns);
      }
    }
  }

  /** Gives shifts the signs of whole sums. */
  private static void sign(float[] sum, float[] shift, float[] signed, int count) {
    for (int i = 0; i < count; i++) {
      signed[i] = Math.min(Math.max(sum[i], -1f), 1f) * shift[i];
    }
  }

  private static void round(float[] sum, float[] factor, float[] shift, float[] doubt, int count) {
    for (int i = 0; i < count; i++) {
      float shifted = Math.fma(sum[i], factor[i], shift[i]);
      float whole = (shifted + ROUNDER) - ROUNDER;
      doubt[i] = Math.max(doubt[i], Math.abs(shifted - whole));
      sum[i] = whole;
    }
  }

  /** Makes bytes of whole numbers: clamped, and moved by the zero point. */
  static void store(
      float[] whole, float low, float high, float zeroPoint, byte[] output, int count) {
    for (int i = 0; i < count; i++) {
      output[i] = (byte) (Math.min(Math.max(whole[i], low), high) + zeroPoint);
    }
  }

  /** Rescales the columns once more that single precision may not do for. */
  private void exactly(
      float[] sums,
      int at,
      int sumStride,
      PackedRequantization requantization,
      int firstColumn,
      int columns,
      int rows,
      int together,
      byte[] output,
      int to,
      int outputStride) {
    for (int i = 0; i < columns * together; i++) {
      if (doubt[i] > PackedRequantization.SURE) {
        int c = i % columns;
        for (int row = i / columns; row < rows; row += together) {
          int sum = (int) sums[at + row * sumStride + c];
          output[to + row * outputStride + c] = (byte) requantization.apply(sum, firstColumn + c);
        }
      }
    }
  }
}
