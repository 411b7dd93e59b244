package dev.whittle.runtime.kernel.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Adjacent outputs of depthwise filters of five columns without dilation, with windows inside the
 * input. Products are added row by row: a row's five weights and the sums stay in registers.
 */
final class Depthwise5x5 {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;

  private Depthwise5x5() {}

  /**
   * Computes eight outputs of stride 1: of each row, twelve columns are read once. The products are
   * unrolled because vectors in arrays would be objects, hence the method's length.
   *
   * @param r index of the filter's first row in {@code inputRows}
   * @param column the first column that is read
   * @param c the channel of the first lane
   */
  static void eight(
      float[] input,
      InputRows inputRows,
      int r,
      int column,
      DepthwiseFilter filter,
      int c,
      float[] output,
      int to,
      int pixelStride) {
    float[] weights = filter.weights;
    int[] rows = inputRows.starts;
    int[] steps = inputRows.steps;
    int channels = filter.geometry.channels();
    int height = filter.geometry.filterHeight();
    FloatVector sum0 = FloatVector.fromArray(FLOATS, filter.bias, c);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    FloatVector sum4 = sum0;
    FloatVector sum5 = sum0;
    FloatVector sum6 = sum0;
    FloatVector sum7 = sum0;
    for (int ky = 0; ky < height; ky++) {
      int at = 5 * ky * channels + c;
      FloatVector w0 = FloatVector.fromArray(FLOATS, weights, at);
      FloatVector w1 = FloatVector.fromArray(FLOATS, weights, at + channels);
      FloatVector w2 = FloatVector.fromArray(FLOATS, weights, at + 2 * channels);
      FloatVector w3 = FloatVector.fromArray(FLOATS, weights, at + 3 * channels);
      FloatVector w4 = FloatVector.fromArray(FLOATS, weights, at + 4 * channels);
      int step = steps[r + ky];
      int from = rows[r + ky] + c + column * step;
      FloatVector x = FloatVector.fromArray(FLOATS, input, from);
      sum0 = x.fma(w0, sum0);
      x = FloatVector.fromArray(FLOATS, input, from + step);
      sum0 = x.fma(w1, sum0);
      sum1 = x.fma(w0, sum1);
      x = FloatVector.fromArray(FLOATS, input, from + 2 * step);
      sum0 = x.fma(w2, sum0);
      sum1 = x.fma(w1, sum1);
      sum2 = x.fma(w0, sum2);
      x = FloatVector.fromArray(FLOATS, input, from + 3 * step);
      sum0 = x.fma(w3, sum0);
      sum1 = x.fma(w2, sum1);
      sum2 = x.fma(w1, sum2);
      sum3 = x.fma(w0, sum3);
      x = FloatVector.fromArray(FLOATS, input, from + 4 * step);
      sum0 = x.fma(w4, sum0);
      sum1 = x.fma(w3, sum1);
      sum2 = x.fma(w2, sum2);
      sum3 = x.fma(w1, sum3);
      sum4 = x.fma(w0, sum4);
      x = FloatVector.fromArray(FLOATS, input, from + 5 * step);
      sum1 = x.fma(w4, sum1);
      sum2 = x.fma(w3, sum2);
      sum3 = x.fma(w2, sum3);
      sum4 = x.fma(w1, sum4);
      sum5 = x.fma(w0, sum5);
      x = FloatVector.fromArray(FLOATS, input, from + 6 * step);
      sum2 = x.fma(w4, sum2);
      sum3 = x.fma(w3, sum3);
      sum4 = x.fma(w2, sum4);
      sum5 = x.fma(w1, sum5);
      sum6 = x.fma(w0, sum6);
      x = FloatVector.fromArray(FLOATS, input, from + 7 * step);
      sum3 = x.fma(w4, sum3);
      sum4 = x.fma(w3, sum4);
      sum5 = x.fma(w2, sum5);
      sum6 = x.fma(w1, sum6);
      sum7 = x.fma(w0, sum7);
      x = FloatVector.fromArray(FLOATS, input, from + 8 * step);
      sum4 = x.fma(w4, sum4);
      sum5 = x.fma(w3, sum5);
      sum6 = x.fma(w2, sum6);
      sum7 = x.fma(w1, sum7);
      x = FloatVector.fromArray(FLOATS, input, from + 9 * step);
      sum5 = x.fma(w4, sum5);
      sum6 = x.fma(w3, sum6);
      sum7 = x.fma(w2, sum7);
      x = FloatVector.fromArray(FLOATS, input, from + 10 * step);
      sum6 = x.fma(w4, sum6);
      sum7 = x.fma(w3, sum7);
      x = FloatVector.fromArray(FLOATS, input, from + 11 * step);
      sum7 = x.fma(w4, sum7);
    }
    sum0.intoArray(output, to);
    sum1.intoArray(output, to + pixelStride);
    sum2.intoArray(output, to + 2 * pixelStride);
    sum3.intoArray(output, to + 3 * pixelStride);
    sum4.intoArray(output, to + 4 * pixelStride);
    sum5.intoArray(output, to + 5 * pixelStride);
    sum6.intoArray(output, to + 6 * pixelStride);
    sum7.intoArray(output, to + 7 * pixelStride);
  }

  /** Computes four outputs of stride 1; see {@link #eight}. */
  static void four(
      float[] input,
      InputRows inputRows,
      int r,
      int column,
      DepthwiseFilter filter,
      int c,
      float[] output,
      int to,
      int pixelStride) {
    float[] weights = filter.weights;
    int[] rows = inputRows.starts;
    int[] steps = inputRows.steps;
    int channels = filter.geometry.channels();
    int height = filter.geometry.filterHeight();
    FloatVector sum0 = FloatVector.fromArray(FLOATS, filter.bias, c);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    for (int ky = 0; ky < height; ky++) {
      int at = 5 * ky * channels + c;
      FloatVector w0 = FloatVector.fromArray(FLOATS, weights, at);
      FloatVector w1 = FloatVector.fromArray(FLOATS, weights, at + channels);
      FloatVector w2 = FloatVector.fromArray(FLOATS, weights, at + 2 * channels);
      FloatVector w3 = FloatVector.fromArray(FLOATS, weights, at + 3 * channels);
      FloatVector w4 = FloatVector.fromArray(FLOATS, weights, at + 4 * channels);
      int step = steps[r + ky];
      int from = rows[r + ky] + c + column * step;
      FloatVector x = FloatVector.fromArray(FLOATS, input, from);
      sum0 = x.fma(w0, sum0);
      x = FloatVector.fromArray(FLOATS, input, from + step);
      sum0 = x.fma(w1, sum0);
      sum1 = x.fma(w0, sum1);
      x = FloatVector.fromArray(FLOATS, input, from + 2 * step);
      sum0 = x.fma(w2, sum0);
      sum1 = x.fma(w1, sum1);
      sum2 = x.fma(w0, sum2);
      x = FloatVector.fromArray(FLOATS, input, from + 3 * step);
      sum0 = x.fma(w3, sum0);
      sum1 = x.fma(w2, sum1);
      sum2 = x.fma(w1, sum2);
      sum3 = x.fma(w0, sum3);
      x = FloatVector.fromArray(FLOATS, input, from + 4 * step);
      sum0 = x.fma(w4, sum0);
      sum1 = x.fma(w3, sum1);
      sum2 = x.fma(w2, sum2);
      sum3 = x.fma(w1, sum3);
      x = FloatVector.fromArray(FLOATS, input, from + 5 * step);
      sum1 = x.fma(w4, sum1);
      sum2 = x.fma(w3, sum2);
      sum3 = x.fma(w2, sum3);
      x = FloatVector.fromArray(FLOATS, input, from + 6 * step);
      sum2 = x.fma(w4, sum2);
      sum3 = x.fma(w3, sum3);
      x = FloatVector.fromArray(FLOATS, input, from + 7 * step);
      sum3 = x.fma(w4, sum3);
    }
    sum0.intoArray(output, to);
    sum1.intoArray(output, to + pixelStride);
    sum2.intoArray(output, to + 2 * pixelStride);
    sum3.intoArray(output, to + 3 * pixelStride);
  }

  /** Computes four outputs of stride 2; see {@link #eight}. */
  static void fourStrideTwo(
      float[] input,
      InputRows inputRows,
      int r,
      int column,
      DepthwiseFilter filter,
      int c,
      float[] output,
      int to,
      int pixelStride) {
    float[] weights = filter.weights;
    int[] rows = inputRows.starts;
    int[] steps = inputRows.steps;
    int channels = filter.geometry.channels();
    int height = filter.geometry.filterHeight();
    FloatVector sum0 = FloatVector.fromArray(FLOATS, filter.bias, c);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    for (int ky = 0; ky < height; ky++) {
      int at = 5 * ky * channels + c;
      FloatVector w0 = FloatVector.fromArray(FLOATS, weights, at);
      FloatVector w1 = FloatVector.fromArray(FLOATS, weights, at + channels);
      FloatVector w2 = FloatVector.fromArray(FLOATS, weights, at + 2 * channels);
      FloatVector w3 = FloatVector.fromArray(FLOATS, weights, at + 3 * channels);
      FloatVector w4 = FloatVector.fromArray(FLOATS, weights, at + 4 * channels);
      int step = steps[r + ky];
      int from = rows[r + ky] + c + column * step;
      FloatVector x = FloatVector.fromArray(FLOATS, input, from);
      sum0 = x.fma(w0, sum0);
      x = FloatVector.fromArray(FLOATS, input, from + step);
      sum0 = x.fma(w1, sum0);
      x = FloatVector.fromArray(FLOATS, input, from + 2 * step);
      sum0 = x.fma(w2, sum0);
      sum1 = x.fma(w0, sum1);
      x = FloatVector.fromArray(FLOATS, input, from + 3 * step);
      sum0 = x.fma(w3, sum0);
      sum1 = x.fma(w1, sum1);
      x = FloatVector.fromArray(FLOATS, input, from + 4 * step);
      sum0 = x.fma(w4, sum0);
      sum1 = x.fma(w2, sum1);
      sum2 = x.fma(w0, sum2);
      x = FloatVector.fromArray(FLOATS, input, from + 5 * step);
      sum1 = x.fma(w3, sum1);
      sum2 = x.fma(w1, sum2);
      x = FloatVector.fromArray(FLOATS, input, from + 6 * step);
      sum1 = x.fma(w4, sum1);
      sum2 = x.fma(w2, sum2);
      sum3 = x.fma(w0, sum3);
      x = FloatVector.fromArray(FLOATS, input, from + 7 * step);
      sum2 = x.fma(w3, sum2);
      sum3 = x.fma(w1, sum3);
      x = FloatVector.fromArray(FLOATS, input, from + 8 * step);
      sum2 = x.fma(w4, sum2);
      sum3 = x.fma(w2, sum3);
      x = FloatVector.fromArray(FLOATS, input, from + 9 * step);
      sum3 = x.fma(w3, sum3);
      x = FloatVector.fromArray(FLOATS, input, from + 10 * step);
      sum3 = x.fma(w4, sum3);
    }
    sum0.intoArray(output, to);
    sum1.intoArray(output, to + pixelStride);
    sum2.intoArray(output, to + 2 * pixelStride);
    sum3.intoArray(output, to + 3 * pixelStride);
  }
}
