package dev.whittle.runtime.kernel.simd;

import java.util.Arrays;

/**
 * Elementwise loops without the Vector API that the compiler vectorizes, over blocks that are
 * copied to arrays of their own and back; {@link ScalarGemm} says why.
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

  /** Copies elements, or one as often as there are. */
  private static void load(float[] from, int at, int first, int step, float[] to, int count) {
    if (step == 0) {
      Arrays.fill(to, 0, count, from[at]);
    } else {
      System.arraycopy(from, at + first, to, 0, count);
    }
  }

  /** {@link MicroKernels#clamp}. */
  void clamp(float[] input, int at, float[] output, int to, int count, float min, float max) {
    for (int i = 0; i < count; i += WIDTH) {
      int width = width(i, count);
      System.arraycopy(input, at + i, a, 0, width);
      ScalarGemm.put(a, width, output, to + i, min, max);
    }
  }

  /** {@link MicroKernels#binary}. */
  void binary(
      MicroKernels.Binary function,
      float[] left,
      int leftAt,
      int leftStep,
      float[] right,
      int rightAt,
      int rightStep,
      float[] output,
      int to,
      int count,
      float min,
      float max) {
    for (int i = 0; i < count; i += WIDTH) {
      int width = width(i, count);
      load(left, leftAt, i, leftStep, a, width);
      load(right, rightAt, i, rightStep, b, width);
      apply(function, a, b, width);
      ScalarGemm.put(a, width, output, to + i, min, max);
    }
  }

  private static void apply(MicroKernels.Binary function, float[] a, float[] b, int width) {
    switch (function) {
      case ADD -> add(a, b, width);
      case SUB -> subtract(a, b, width);
      case MUL -> multiply(a, b, width);
      case DIV -> divide(a, b, width);
      case MAXIMUM -> maximum(a, b, width);
      case MINIMUM -> minimum(a, b, width);
      case SQUARED_DIFFERENCE -> {
        subtract(a, b, width);
        multiply(a, a, width);
      }
      case PRELU ->
          ScalarFunctions.binary(
              function,
              a,
              0,
              1,
              b,
              0,
              1,
              a,
              0,
              0,
              width,
              Float.NEGATIVE_INFINITY,
              Float.POSITIVE_INFINITY);
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

  /** {@link MicroKernels#add}. */
  void add(float[] sum, int to, float[] input, int at, int count) {
    for (int i = 0; i < count; i += WIDTH) {
      int width = width(i, count);
      System.arraycopy(sum, to + i, a, 0, width);
      System.arraycopy(input, at + i, b, 0, width);
      add(a, b, width);
      System.arraycopy(a, 0, sum, to + i, width);
    }
  }

  /** {@link MicroKernels#sum}: in single precision, and what that does not do for exactly. */
  void sum(
      float[] left,
      int leftAt,
      int leftStep,
      float[] right,
      int rightAt,
      int rightStep,
      Int8Addition sum,
      byte[] output,
      int to,
      int count) {
    for (int i = 0; i < count; i += WIDTH) {
      int width = width(i, count);
      load(left, leftAt, i, leftStep, a, width);
      load(right, rightAt, i, rightStep, b, width);
      sum(a, b, sum.left, sum.right, sum.shift, c, d, width);
      ScalarRequantization.store(c, sum.low, sum.high, 0, bytes, width);
      System.arraycopy(bytes, 0, output, to + i, width);
      for (int j = 0; j < width; j++) {
        if (d[j] >= sum.sure) {
          output[to + i + j] = (byte) sum.exact((int) a[j], (int) b[j]);
        }
      }
    }
  }

  /**
   * Sums.
   *
   * @param whole receives them rounded
   * @param doubt receives how far they are from that
   */
  private static void sum(
      float[] a,
      float[] b,
      float left,
      float right,
      float shift,
      float[] whole,
      float[] doubt,
      int width) {
    for (int i = 0; i < width; i++) {
      float exact = Math.fma(a[i], left, Math.fma(b[i], right, shift));
      float rounded = (exact + ScalarFunctions.ROUNDER) - ScalarFunctions.ROUNDER;
      whole[i] = rounded;
      doubt[i] = Math.abs(exact - rounded);
    }
  }

  /** {@link MicroKernels#product}. */
  void product(
      float[] left,
      int leftAt,
      int leftStep,
      float leftZero,
      float[] right,
      int rightAt,
      int rightStep,
      float rightZero,
      float[] output,
      int to,
      int count) {
    for (int i = 0; i < count; i += WIDTH) {
      int width = width(i, count);
      load(left, leftAt, i, leftStep, a, width);
      load(right, rightAt, i, rightStep, b, width);
      multiply(a, leftZero, b, rightZero, width);
      System.arraycopy(a, 0, output, to + i, width);
    }
  }

  private static void multiply(float[] a, float aZero, float[] b, float bZero, int width) {
    for (int i = 0; i < width; i++) {
      a[i] = (a[i] - aZero) * (b[i] - bZero);
    }
  }

  /** One pixel of {@link MicroKernels#interpolate}. */
  void interpolate(
      float[] input,
      int top,
      int bottom,
      float down,
      int left,
      int right,
      float aside,
      int channels,
      float[] output,
      int to) {
    float topLeft = (1 - down) * (1 - aside);
    float topRight = (1 - down) * aside;
    float bottomLeft = down * (1 - aside);
    float bottomRight = down * aside;
    for (int i = 0; i < channels; i += WIDTH) {
      int width = width(i, channels);
      System.arraycopy(input, top + left + i, a, 0, width);
      System.arraycopy(input, top + right + i, b, 0, width);
      System.arraycopy(input, bottom + left + i, c, 0, width);
      System.arraycopy(input, bottom + right + i, d, 0, width);
      interpolate(a, b, c, d, topLeft, topRight, bottomLeft, bottomRight, width);
      System.arraycopy(a, 0, output, to + i, width);
    }
  }

  private static void interpolate(
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

  /** See {@link MicroKernels#dequantize}. */
  void dequantize(
      float[] sums,
      AccumulatorBlock block,
      Dequantization dequantization,
      float factor,
      float[] output,
      int origin) {
    Clamp clamp = dequantization.clamp;
    for (int i = 0; i < block.columns; i += WIDTH) {
      int width = width(i, block.columns);
      System.arraycopy(dequantization.scales, block.firstColumn + i, b, 0, width);
      System.arraycopy(dequantization.bias, block.firstColumn + i, c, 0, width);
      for (int row = 0; row < block.rows; row++) {
        System.arraycopy(sums, block.offset + row * block.stride + i, a, 0, width);
        scale(a, factor, b, c, width);
        int to = origin + block.outputOffset + row * block.outputStride + i;
        ScalarGemm.put(a, width, output, to, clamp.min(), clamp.max());
      }
    }
  }

  private static void scale(float[] sum, float factor, float[] scales, float[] bias, int width) {
    for (int i = 0; i < width; i++) {
      sum[i] = sum[i] * (factor * scales[i]) + bias[i];
    }
  }

  /** {@link MicroKernels#quantizeRow}. */
  void quantizeRow(
      float[] input,
      int at,
      float factor,
      float zeroPoint,
      float low,
      float high,
      float[] output,
      int to,
      int count) {
    for (int i = 0; i < count; i += WIDTH) {
      int width = width(i, count);
      System.arraycopy(input, at + i, a, 0, width);
      round(a, factor, zeroPoint, width);
      limit(a, low, high, zeroPoint, width);
      System.arraycopy(a, 0, output, to + i, width);
    }
  }

  /** Rounds by cutting off twice: the number's fraction, then that of twice the fraction. */
  private static void round(float[] row, float factor, float zeroPoint, int width) {
    for (int i = 0; i < width; i++) {
      float x = row[i] * factor + zeroPoint;
      float whole = (int) x;
      float rest = x - whole;
      row[i] = whole + (int) (rest + rest);
    }
  }

  private static void limit(float[] row, float low, float high, float zeroPoint, int width) {
    for (int i = 0; i < width; i++) {
      row[i] = Math.min(Math.max(row[i], low), high) - zeroPoint;
    }
  }

  /**
   * The least or the greatest of some elements; NaN if one of them is. Blocks, then halves of what
   * is left, are compared element by element: one after the other, each would wait for the last.
   *
   * @param function MINIMUM or MAXIMUM
   * @param count of elements, at least one
   */
  float extreme(MicroKernels.Binary function, float[] input, int at, int count) {
    int rest = Math.min(WIDTH, count);
    System.arraycopy(input, at, a, 0, rest);
    for (int i = rest; i < count; i += WIDTH) {
      int width = width(i, count);
      System.arraycopy(input, at + i, b, 0, width);
      apply(function, a, b, width);
    }
    while (rest > 1) {
      int half = rest / 2;
      rest -= half;
      System.arraycopy(a, rest, b, 0, half);
      apply(function, a, b, half);
    }
    return a[0];
  }
}
