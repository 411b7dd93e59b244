package dev.whittle.runtime.kernel.simd;

import java.util.Arrays;

/**
 * {@link VectorRequantization} in loops that the compiler vectorizes; see {@link ScalarGemm}. Rows
 * of few columns are joined to longer ones.
 */
final class ScalarRequantization {
  /** Accumulators that are computed together. */
  private static final int WIDTH = 256;

  /** Joined rows after which doubtful columns are searched, which should be rare. */
  private static final int GROUP = 32;

  private static final float ROUNDER = ScalarFunctions.ROUNDER;

  private final float[] sum = new float[WIDTH];
  private final float[] factor = new float[WIDTH];
  private final float[] shift = new float[WIDTH];
  private final float[] signedShift = new float[WIDTH];

  /** The greatest distance of each column's products from integers. */
  private final float[] distance = new float[WIDTH];

  private final byte[] bytes = new byte[WIDTH];

  /** See {@link MicroKernels#requantize}. */
  void requantize(
      float[] sums,
      AccumulatorBlock block,
      PackedRequantization requantization,
      byte[] output,
      int origin) {
    if (!requantization.isApproximate()) {
      exact(sums, block, requantization, output, origin);
      return;
    }
    for (int c = 0; c < block.columns; c += WIDTH) {
      int count = Math.min(WIDTH, block.columns - c);
      int joined = Math.min(WIDTH / count, block.rows);
      int column = block.firstColumn + c;
      for (int i = 0; i < joined; i++) {
        System.arraycopy(requantization.factor, column, factor, i * count, count);
        System.arraycopy(requantization.shift, column, shift, i * count, count);
      }
      int group = joined * GROUP;
      for (int row = 0; row < block.rows; row += group) {
        int rows = Math.min(group, block.rows - row);
        Arrays.fill(distance, 0);
        for (int i = 0; i < rows; i += joined) {
          int some = Math.min(joined, rows - i);
          round(sums, block, requantization, row + i, some, c, count, output, origin);
        }
        correct(sums, block, requantization, row, rows, joined, c, count, output, origin);
      }
    }
  }

  /** Requantizes without approximation in single precision. */
  static void exact(
      float[] sums,
      AccumulatorBlock block,
      PackedRequantization requantization,
      byte[] output,
      int origin) {
    for (int row = 0; row < block.rows; row++) {
      int from = block.offset + row * block.stride;
      int to = origin + block.outputOffset + row * block.outputStride;
      for (int c = 0; c < block.columns; c++) {
        int column = block.firstColumn + c;
        output[to + c] = (byte) requantization.apply((int) sums[from + c], column);
      }
    }
  }

  /** Rounds some joined rows in single precision. */
  private void round(
      float[] sums,
      AccumulatorBlock block,
      PackedRequantization requantization,
      int row,
      int rows,
      int c,
      int count,
      byte[] output,
      int origin) {
    int from = block.offset + row * block.stride + c;
    for (int i = 0; i < rows; i++) {
      System.arraycopy(sums, from + i * block.stride, sum, i * count, count);
    }
    int length = rows * count;
    if (requantization.tiesAwayFromZero) {
      sign(sum, shift, signedShift, length);
    }
    round(sum, factor, requantization.tiesAwayFromZero ? signedShift : shift, distance, length);
    int zeroPoint = requantization.zeroPoint;
    float low = requantization.low - zeroPoint;
    float high = requantization.high - zeroPoint;
    store(sum, low, high, zeroPoint, bytes, length);
    int to = origin + block.outputOffset + row * block.outputStride + c;
    for (int i = 0; i < rows; i++) {
      System.arraycopy(bytes, i * count, output, to + i * block.outputStride, count);
    }
  }

  /** Gives shifts the signs of integers. */
  private static void sign(float[] sum, float[] shift, float[] signedShift, int count) {
    for (int i = 0; i < count; i++) {
      signedShift[i] = Math.min(Math.max(sum[i], -1f), 1f) * shift[i];
    }
  }

  private static void round(
      float[] sum, float[] factor, float[] shift, float[] distance, int count) {
    for (int i = 0; i < count; i++) {
      float shifted = Math.fma(sum[i], factor[i], shift[i]);
      float rounded = (shifted + ROUNDER) - ROUNDER;
      distance[i] = Math.max(distance[i], Math.abs(shifted - rounded));
      sum[i] = rounded;
    }
  }

  /** Clamps integer-valued floats, adds the zero point and converts them to bytes. */
  static void store(
      float[] integers, float low, float high, float zeroPoint, byte[] output, int count) {
    for (int i = 0; i < count; i++) {
      output[i] = (byte) (Math.min(Math.max(integers[i], low), high) + zeroPoint);
    }
  }

  /** Requantizes the columns again, exactly, that single precision leaves in doubt. */
  private void correct(
      float[] sums,
      AccumulatorBlock block,
      PackedRequantization requantization,
      int firstRow,
      int rows,
      int joined,
      int firstColumn,
      int count,
      byte[] output,
      int origin) {
    for (int i = 0; i < count * joined; i++) {
      if (distance[i] > PackedRequantization.MAX_DISTANCE) {
        int c = firstColumn + i % count;
        for (int row = firstRow + i / count; row < firstRow + rows; row += joined) {
          int sum = (int) sums[block.offset + row * block.stride + c];
          int to = origin + block.outputOffset + row * block.outputStride + c;
          output[to] = (byte) requantization.apply(sum, block.firstColumn + c);
        }
      }
    }
  }
}
