package dev.whittle.runtime.kernel.simd;

import java.util.Arrays;

/**
 * Elementwise loops without the Vector API that the compiler vectorizes, over blocks that are
 * copied to arrays of their own and back; see {@link ScalarGemm}.
 */
final class ScalarBlocks {
  private static final int WIDTH = 512;

  private final float[] a = new float[WIDTH];
  private final float[] b = new float[WIDTH];
  private final float[] c = new float[WIDTH];
  private final float[] d = new float[WIDTH];
  private final byte[] bytes = new byte[WIDTH];

  private static int width(int done, int count) {
    return Math.min(WIDTH, count - done);
  }

  /** Copies elements from {@code at + first} on, or repeats the one at {@code at} if step is 0. */
  private static void load(float[] from, int at, int step, int first, float[] to, int count) {
    if (step == 0) {
      Arrays.fill(to, 0, count, from[at]);
    } else {
      System.arraycopy(from, at + first, to, 0, count);
    }
  }

  /** See {@link MicroKernels#clamp}. */
  void clamp(float[] input, int at, float[] output, int to, int count, Clamp clamp) {
    for (int i = 0; i < count; i += WIDTH) {
      int width = width(i, count);
      System.arraycopy(input, at + i, a, 0, width);
      ScalarGemm.put(a, width, output, to + i, clamp);
    }
  }

  /** See {@link MicroKernels#binary}. */
  void binary(
      MicroKernels.Binary function,
      float[] left,
      float[] right,
      float[] output,
      BinaryLoop loop,
      Clamp clamp) {
    for (int i = 0; i < loop.count; i += WIDTH) {
      int width = width(i, loop.count);
      load(left, loop.leftOffset, loop.leftStep, i, a, width);
      load(right, loop.rightOffset, loop.rightStep, i, b, width);
      apply(function, a, b, width);
      ScalarGemm.put(a, width, output, loop.outputOffset + i, clamp);
    }
  }

  private static void apply(MicroKernels.Binary function, float[] a, float[] b, int width) {
    switch (function) {
      case ADD -> add(a, b, width);
      case SUB -> subtract(a, b, width);
      case MUL -> multiply(a, b, width);
      case DIV -> divide(a, b, width);
      case MAXIMUM -> greater(a, b, width);
      case MINIMUM -> less(a, b, width);
      case PRELU -> prelu(a, b, width);
      case SQUARED_DIFFERENCE -> {
        subtract(a, b, width);
        multiply(a, a, width);
      }
    }
  }

  private static void add(float[] a, float[] b, int width) {
    for (int i = 0; i < width; i++) {
      a[i] += b[i];
    }
  }

  private static void subtract(float[] a, float[] b, int width) {
    for (int i = 0; i < width; i++) {
      a[i] -= b[i];
    }
  }

  private static void multiply(float[] a, float[] b, int width) {
    for (int i = 0; i < width; i++) {
      a[i] *= b[i];
    }
  }

  private static void divide(float[] a, float[] b, int width) {
    for (int i = 0; i < width; i++) {
      a[i] /= b[i];
    }
  }

  private static void maximum(float[] a, float[] b, int width) {
    for (int i = 0; i < width; i++) {
      a[i] = Math.max(a[i], b[i]);
    }
  }

  private static void minimum(float[] a, float[] b, int width) {
    for (int i = 0; i < width; i++) {
      a[i] = Math.min(a[i], b[i]);
    }
  }

  /** As the built-in kernels: {@code b} if one of the two is NaN. */
  private static void greater(float[] a, float[] b, int width) {
    for (int i = 0; i < width; i++) {
      a[i] = a[i] > b[i] ? a[i] : b[i];
    }
  }

  private static void less(float[] a, float[] b, int width) {
    for (int i = 0; i < width; i++) {
      a[i] = a[i] < b[i] ? a[i] : b[i];
    }
  }

  private static void prelu(float[] a, float[] b, int width) {
    for (int i = 0; i < width; i++) {
      a[i] = a[i] < 0 ? a[i] * b[i] : a[i];
    }
  }

  /** See {@link MicroKernels#add}. */
  void add(float[] sum, int to, float[] input, int at, int count) {
    for (int i = 0; i < count; i += WIDTH) {
      int width = width(i, count);
      System.arraycopy(sum, to + i, a, 0, width);
      System.arraycopy(input, at + i, b, 0, width);
      add(a, b, width);
      System.arraycopy(a, 0, sum, to + i, width);
    }
  }

  /**
   * Returns the minimum or the maximum of some elements; NaN if one of them is NaN. Blocks, then
   * the halves of what remains, are compared element by element: one after the other, each
   * comparison would wait for the last.
   *
   * @param function MINIMUM or MAXIMUM
   * @param count the number of elements, at least 1
   */
  float extreme(MicroKernels.Binary function, float[] input, int at, int count) {
    int rest = Math.min(WIDTH, count);
    System.arraycopy(input, at, a, 0, rest);
    for (int i = rest; i < count; i += WIDTH) {
      int width = width(i, count);
      System.arraycopy(input, at + i, b, 0, width);
      extremes(function, width);
    }
    while (rest > 1) {
      int half = rest / 2;
      rest -= half;
      System.arraycopy(a, rest, b, 0, half);
      extremes(function, half);
    }
    return a[0];
  }

  private void extremes(MicroKernels.Binary function, int width) {
    if (function == MicroKernels.Binary.MAXIMUM) {
      maximum(a, b, width);
    } else {
      minimum(a, b, width);
    }
  }

  /** Interpolates the pixel of one column of {@link MicroKernels#interpolate}. */
  void interpolate(
      float[] input,
      int top,
      int bottom,
      float fraction,
      InterpolatedColumns columns,
      int x,
      float[] output,
      int to) {
    int left = columns.lefts[x];
    int right = columns.rights[x];
    float topLeft = (1 - fraction) * (1 - columns.fractions[x]);
    float topRight = (1 - fraction) * columns.fractions[x];
    float bottomLeft = fraction * (1 - columns.fractions[x]);
    float bottomRight = fraction * columns.fractions[x];
    for (int i = 0; i < columns.channels; i += WIDTH) {
      int width = width(i, columns.channels);
      System.arraycopy(input, top + left + i, a, 0, width);
      System.arraycopy(input, top + right + i, b, 0, width);
      System.arraycopy(input, bottom + left + i, c, 0, width);
      System.arraycopy(input, bottom + right + i, d, 0, width);
      weigh(a, b, c, d, topLeft, topRight, bottomLeft, bottomRight, width);
      System.arraycopy(a, 0, output, to + i, width);
    }
  }

  private static void weigh(
      float[] a,
      float[] b,
      float[] c,
      float[] d,
      float aWeight,
      float bWeight,
      float cWeight,
      float dWeight,
      int width) {
    for (int i = 0; i < width; i++) {
      a[i] = a[i] * aWeight + b[i] * bWeight + c[i] * cWeight + d[i] * dWeight;
    }
  }

  /** See {@link MicroKernels#sum}: in single precision, and exactly where that leaves doubt. */
  void sum(float[] left, float[] right, Int8Addition addition, byte[] output, BinaryLoop loop) {
    for (int i = 0; i < loop.count; i += WIDTH) {
      int width = width(i, loop.count);
      load(left, loop.leftOffset, loop.leftStep, i, a, width);
      load(right, loop.rightOffset, loop.rightStep, i, b, width);
      sum(a, b, addition.left, addition.right, addition.shift, c, d, width);
      ScalarRequantization.store(c, addition.low, addition.high, 0, bytes, width);
      int to = loop.outputOffset + i;
      System.arraycopy(bytes, 0, output, to, width);
      for (int j = 0; j < width; j++) {
        if (d[j] >= addition.maxDistance) {
          output[to + j] = (byte) addition.exact((int) a[j], (int) b[j]);
        }
      }
    }
  }

  /**
   * Computes scaled sums.
   *
   * @param rounded receives them rounded to integers
   * @param distance receives their distances from these
   */
  private static void sum(
      float[] a,
      float[] b,
      float left,
      float right,
      float shift,
      float[] rounded,
      float[] distance,
      int width) {
    for (int i = 0; i < width; i++) {
      float sum = Math.fma(a[i], left, Math.fma(b[i], right, shift));
      float nearest = (sum + ScalarFunctions.ROUNDER) - ScalarFunctions.ROUNDER;
      rounded[i] = nearest;
      distance[i] = Math.abs(sum - nearest);
    }
  }

  /** See {@link MicroKernels#product}. */
  void product(
      float[] left,
      float leftZero,
      float[] right,
      float rightZero,
      float[] output,
      BinaryLoop loop) {
    for (int i = 0; i < loop.count; i += WIDTH) {
      int width = width(i, loop.count);
      load(left, loop.leftOffset, loop.leftStep, i, a, width);
      load(right, loop.rightOffset, loop.rightStep, i, b, width);
      multiply(a, leftZero, b, rightZero, width);
      System.arraycopy(a, 0, output, loop.outputOffset + i, width);
    }
  }

  private static void multiply(float[] a, float aZero, float[] b, float bZero, int width) {
    for (int i = 0; i < width; i++) {
      a[i] = (a[i] - aZero) * (b[i] - bZero);
    }
  }

  /** See {@link MicroKernels#dequantize}. */
  void dequantize(
      float[] sums,
      AccumulatorBlock block,
      Dequantization dequantization,
      float factor,
      float[] output,
      int origin) {
    for (int i = 0; i < block.columns; i += WIDTH) {
      int width = width(i, block.columns);
      System.arraycopy(dequantization.scales, block.firstColumn + i, b, 0, width);
      System.arraycopy(dequantization.bias, block.firstColumn + i, c, 0, width);
      for (int row = 0; row < block.rows; row++) {
        System.arraycopy(sums, block.offset + row * block.stride + i, a, 0, width);
        scale(a, factor, b, c, width);
        int to = origin + block.outputOffset + row * block.outputStride + i;
        ScalarGemm.put(a, width, output, to, dequantization.clamp);
      }
    }
  }

  private static void scale(float[] sum, float factor, float[] scales, float[] bias, int width) {
    for (int i = 0; i < width; i++) {
      sum[i] = sum[i] * (factor * scales[i]) + bias[i];
    }
  }

  /** See {@link MicroKernels#quantizeRow}. */
  void quantizeRow(
      float[] input, int at, RowQuantization quantization, float[] output, int to, int count) {
    for (int i = 0; i < count; i += WIDTH) {
      int width = width(i, count);
      System.arraycopy(input, at + i, a, 0, width);
      round(a, quantization.factor, quantization.zeroPoint, width);
      limit(a, quantization.low, quantization.high, quantization.zeroPoint, width);
      System.arraycopy(a, 0, output, to + i, width);
    }
  }

  /** Rounds ties away from zero, by truncating the number and twice its fraction. */
  private static void round(float[] row, float factor, float zeroPoint, int width) {
    for (int i = 0; i < width; i++) {
      float x = row[i] * factor + zeroPoint;
      float truncated = (int) x;
      float rest = x - truncated;
      row[i] = truncated + (int) (rest + rest);
    }
  }

  private static void limit(float[] row, float low, float high, float zeroPoint, int width) {
    for (int i = 0; i < width; i++) {
      row[i] = Math.min(Math.max(row[i], low), high) - zeroPoint;
    }
  }
}
