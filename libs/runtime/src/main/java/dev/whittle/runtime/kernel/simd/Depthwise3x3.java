package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of depthwise 3x3 filters of stride 1: each column is read once and added to the sums of
 * three outputs.
 */
final class Depthwise3x3 {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  private Depthwise3x3() {}

  /**
   * Returns whether the next output row's first two input rows are the last two of the output row
   * at {@code r}.
   */
  static boolean overlap(InputRows inputRows, int r) {
    int[] rows = inputRows.starts;
    int[] steps = inputRows.steps;
    return rows[r + 3] == rows[r + 1]
        && rows[r + 4] == rows[r + 2]
        && steps[r + 3] == steps[r + 1]
        && steps[r + 4] == steps[r + 2];
  }

  /** Computes two rows: of each column, four elements are read for both. */
  static void pair(
      float[] input,
      InputRows inputRows,
      int r,
      DepthwiseFilter filter,
      int c,
      float[] output,
      int to,
      DepthwiseBlock block,
      Clamp clamp) {
    DepthwiseGeometry geometry = filter.geometry;
    float[] weights = filter.weights;
    int[] rows = inputRows.starts;
    int[] steps = inputRows.steps;
    int pixelStride = block.pixelStride;
    int rowStride = block.rowStride;
    int channels = geometry.channels();
    FloatVector w00 = FloatVector.fromArray(FLOATS, weights, c);
    FloatVector w01 = FloatVector.fromArray(FLOATS, weights, channels + c);
    FloatVector w02 = FloatVector.fromArray(FLOATS, weights, 2 * channels + c);
    FloatVector w10 = FloatVector.fromArray(FLOATS, weights, 3 * channels + c);
    FloatVector w11 = FloatVector.fromArray(FLOATS, weights, 4 * channels + c);
    FloatVector w12 = FloatVector.fromArray(FLOATS, weights, 5 * channels + c);
    FloatVector w20 = FloatVector.fromArray(FLOATS, weights, 6 * channels + c);
    FloatVector w21 = FloatVector.fromArray(FLOATS, weights, 7 * channels + c);
    FloatVector w22 = FloatVector.fromArray(FLOATS, weights, 8 * channels + c);
    FloatVector bias = FloatVector.fromArray(FLOATS, filter.bias, c);
    FloatVector min = FloatVector.broadcast(FLOATS, clamp.min());
    FloatVector max = FloatVector.broadcast(FLOATS, clamp.max());
    int p0 = rows[r] + c;
    int p1 = rows[r + 1] + c;
    int p2 = rows[r + 2] + c;
    int p3 = rows[r + 5] + c;
    int s0 = steps[r];
    int s1 = steps[r + 1];
    int s2 = steps[r + 2];
    int s3 = steps[r + 5];
    FloatVector a = bias;
    FloatVector b = bias;
    FloatVector d = bias;
    FloatVector e = bias;
    int out = to + (geometry.before() - 2) * pixelStride;
    for (int column = 0; column < geometry.width(); column++) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, input, p0);
      FloatVector x1 = FloatVector.fromArray(FLOATS, input, p1);
      FloatVector x2 = FloatVector.fromArray(FLOATS, input, p2);
      FloatVector x3 = FloatVector.fromArray(FLOATS, input, p3);
      FloatVector upper = x2.fma(w22, x1.fma(w12, x0.fma(w02, a)));
      FloatVector lower = x3.fma(w22, x2.fma(w12, x1.fma(w02, d)));
      a = x2.fma(w21, x1.fma(w11, x0.fma(w01, b)));
      d = x3.fma(w21, x2.fma(w11, x1.fma(w01, e)));
      b = x2.fma(w20, x1.fma(w10, x0.fma(w00, bias)));
      e = x3.fma(w20, x2.fma(w10, x1.fma(w00, bias)));
      if (out >= to) {
        Vectors.clamp(upper, min, max).intoArray(output, out);
        Vectors.clamp(lower, min, max).intoArray(output, out + rowStride);
      }
      out += pixelStride;
      p0 += s0;
      p1 += s1;
      p2 += s2;
      p3 += s3;
    }
    int end = to + geometry.outputs() * pixelStride;
    if (out < end) {
      a.intoArray(output, out);
      d.intoArray(output, out + rowStride);
      clamp(output, out, clamp);
      clamp(output, out + rowStride, clamp);
      if (out + pixelStride < end) {
        b.intoArray(output, out + pixelStride);
        e.intoArray(output, out + pixelStride + rowStride);
        clamp(output, out + pixelStride, clamp);
        clamp(output, out + pixelStride + rowStride, clamp);
      }
    }
  }

  /**
   * Computes one row.
   *
   * @param phase the first of the columns and outputs that are as far apart as the filter's columns
   */
  static void one(
      float[] input,
      InputRows inputRows,
      int r,
      int phase,
      DepthwiseFilter filter,
      int c,
      float[] output,
      int to,
      int pixelStride,
      Clamp clamp) {
    DepthwiseGeometry geometry = filter.geometry;
    float[] weights = filter.weights;
    int[] rows = inputRows.starts;
    int[] steps = inputRows.steps;
    int channels = geometry.channels();
    FloatVector w00 = FloatVector.fromArray(FLOATS, weights, c);
    FloatVector w01 = FloatVector.fromArray(FLOATS, weights, channels + c);
    FloatVector w02 = FloatVector.fromArray(FLOATS, weights, 2 * channels + c);
    FloatVector w10 = FloatVector.fromArray(FLOATS, weights, 3 * channels + c);
    FloatVector w11 = FloatVector.fromArray(FLOATS, weights, 4 * channels + c);
    FloatVector w12 = FloatVector.fromArray(FLOATS, weights, 5 * channels + c);
    FloatVector w20 = FloatVector.fromArray(FLOATS, weights, 6 * channels + c);
    FloatVector w21 = FloatVector.fromArray(FLOATS, weights, 7 * channels + c);
    FloatVector w22 = FloatVector.fromArray(FLOATS, weights, 8 * channels + c);
    FloatVector bias = FloatVector.fromArray(FLOATS, filter.bias, c);
    FloatVector min = FloatVector.broadcast(FLOATS, clamp.min());
    FloatVector max = FloatVector.broadcast(FLOATS, clamp.max());
    int dilation = geometry.dilation();
    int p0 = rows[r] + c + phase * steps[r];
    int p1 = rows[r + 1] + c + phase * steps[r + 1];
    int p2 = rows[r + 2] + c + phase * steps[r + 2];
    int s0 = dilation * steps[r];
    int s1 = dilation * steps[r + 1];
    int s2 = dilation * steps[r + 2];
    int first = to + phase * pixelStride;
    int outputStep = dilation * pixelStride;
    // Column 0 is the last column of output before - 2.
    FloatVector a = bias;
    FloatVector b = bias;
    int out = first + (geometry.before() / dilation - 2) * outputStep;
    int columns = Math.ceilDiv(geometry.width() - phase, dilation);
    for (int column = 0; column < columns; column++) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, input, p0);
      FloatVector x1 = FloatVector.fromArray(FLOATS, input, p1);
      FloatVector x2 = FloatVector.fromArray(FLOATS, input, p2);
      FloatVector done = x2.fma(w22, x1.fma(w12, x0.fma(w02, a)));
      a = x2.fma(w21, x1.fma(w11, x0.fma(w01, b)));
      b = x2.fma(w20, x1.fma(w10, x0.fma(w00, bias)));
      if (out >= first) {
        Vectors.clamp(done, min, max).intoArray(output, out);
      }
      out += outputStep;
      p0 += s0;
      p1 += s1;
      p2 += s2;
    }
    int end = to + geometry.outputs() * pixelStride;
    if (out < end) {
      a.intoArray(output, out);
      clamp(output, out, clamp);
      if (out + outputStep < end) {
        b.intoArray(output, out + outputStep);
        clamp(output, out + outputStep, clamp);
      }
    }
  }

  /**
   * Clamps a vector in memory. A rarely called method may not be inlined; vectors as parameters
   * would be allocated then.
   */
  private static void clamp(float[] output, int at, Clamp clamp) {
    VectorClamp.clamp(output, at, output, at, LANES, clamp);
  }
}
