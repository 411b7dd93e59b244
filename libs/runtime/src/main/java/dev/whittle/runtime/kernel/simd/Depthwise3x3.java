package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Lines of depthwise 3x3 filters of stride 1: each column is read once, and added to the sums of
 * three outputs.
 */
final class Depthwise3x3 {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  private Depthwise3x3() {}

  /** Whether the next line's first two rows are the last two of the line at {@code r}. */
  static boolean overlap(int[] rows, int[] steps, int r) {
    return rows[r + 3] == rows[r + 1]
        && rows[r + 4] == rows[r + 2]
        && steps[r + 3] == steps[r + 1]
        && steps[r + 4] == steps[r + 2];
  }

  /** Two lines: of each column, four elements are read for both. */
  static void pair(
      float[] input,
      int[] rows,
      int[] steps,
      int r,
      DepthwiseGeometry row,
      float[] weights,
      float[] bias,
      int c,
      float[] output,
      int outputAt,
      int pixelStep,
      int lineStep,
      float min,
      float max) {
    int channels = row.channels();
    FloatVector w00 = FloatVector.fromArray(FLOATS, weights, c);
    FloatVector w01 = FloatVector.fromArray(FLOATS, weights, channels + c);
    FloatVector w02 = FloatVector.fromArray(FLOATS, weights, 2 * channels + c);
    FloatVector w10 = FloatVector.fromArray(FLOATS, weights, 3 * channels + c);
    FloatVector w11 = FloatVector.fromArray(FLOATS, weights, 4 * channels + c);
    FloatVector w12 = FloatVector.fromArray(FLOATS, weights, 5 * channels + c);
    FloatVector w20 = FloatVector.fromArray(FLOATS, weights, 6 * channels + c);
    FloatVector w21 = FloatVector.fromArray(FLOATS, weights, 7 * channels + c);
    FloatVector w22 = FloatVector.fromArray(FLOATS, weights, 8 * channels + c);
    FloatVector none = FloatVector.fromArray(FLOATS, bias, c);
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    int p0 = rows[r] + c;
    int p1 = rows[r + 1] + c;
    int p2 = rows[r + 2] + c;
    int p3 = rows[r + 5] + c;
    int s0 = steps[r];
    int s1 = steps[r + 1];
    int s2 = steps[r + 2];
    int s3 = steps[r + 5];
    FloatVector a = none;
    FloatVector b = none;
    FloatVector d = none;
    FloatVector e = none;
    int out = outputAt + (row.before() - 2) * pixelStep;
    for (int column = 0; column < row.width(); column++) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, input, p0);
      FloatVector x1 = FloatVector.fromArray(FLOATS, input, p1);
      FloatVector x2 = FloatVector.fromArray(FLOATS, input, p2);
      FloatVector x3 = FloatVector.fromArray(FLOATS, input, p3);
      FloatVector upper = x2.fma(w22, x1.fma(w12, x0.fma(w02, a)));
      FloatVector lower = x3.fma(w22, x2.fma(w12, x1.fma(w02, d)));
      a = x2.fma(w21, x1.fma(w11, x0.fma(w01, b)));
      d = x3.fma(w21, x2.fma(w11, x1.fma(w01, e)));
      b = x2.fma(w20, x1.fma(w10, x0.fma(w00, none)));
      e = x3.fma(w20, x2.fma(w10, x1.fma(w00, none)));
      if (out >= outputAt) {
        Vectors.clamp(upper, low, high).intoArray(output, out);
        Vectors.clamp(lower, low, high).intoArray(output, out + lineStep);
      }
      out += pixelStep;
      p0 += s0;
      p1 += s1;
      p2 += s2;
      p3 += s3;
    }
    int end = outputAt + row.outputs() * pixelStep;
    if (out < end) {
      a.intoArray(output, out);
      d.intoArray(output, out + lineStep);
      clamp(output, out, min, max);
      clamp(output, out + lineStep, min, max);
      if (out + pixelStep < end) {
        b.intoArray(output, out + pixelStep);
        e.intoArray(output, out + pixelStep + lineStep);
        clamp(output, out + pixelStep, min, max);
        clamp(output, out + pixelStep + lineStep, min, max);
      }
    }
  }

  /**
   * One line.
   *
   * @param phase the first of the columns and outputs that are as far apart as the filter's columns
   */
  static void one(
      float[] input,
      int[] rows,
      int[] steps,
      int r,
      DepthwiseGeometry row,
      int phase,
      float[] weights,
      float[] bias,
      int c,
      float[] output,
      int outputAt,
      int pixelStep,
      float min,
      float max) {
    int channels = row.channels();
    FloatVector w00 = FloatVector.fromArray(FLOATS, weights, c);
    FloatVector w01 = FloatVector.fromArray(FLOATS, weights, channels + c);
    FloatVector w02 = FloatVector.fromArray(FLOATS, weights, 2 * channels + c);
    FloatVector w10 = FloatVector.fromArray(FLOATS, weights, 3 * channels + c);
    FloatVector w11 = FloatVector.fromArray(FLOATS, weights, 4 * channels + c);
    FloatVector w12 = FloatVector.fromArray(FLOATS, weights, 5 * channels + c);
    FloatVector w20 = FloatVector.fromArray(FLOATS, weights, 6 * channels + c);
    FloatVector w21 = FloatVector.fromArray(FLOATS, weights, 7 * channels + c);
    FloatVector w22 = FloatVector.fromArray(FLOATS, weights, 8 * channels + c);
    FloatVector none = FloatVector.fromArray(FLOATS, bias, c);
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    int apart = row.dilation();
    int p0 = rows[r] + c + phase * steps[r];
    int p1 = rows[r + 1] + c + phase * steps[r + 1];
    int p2 = rows[r + 2] + c + phase * steps[r + 2];
    int s0 = apart * steps[r];
    int s1 = apart * steps[r + 1];
    int s2 = apart * steps[r + 2];
    int first = outputAt + phase * pixelStep;
    int outputStep = apart * pixelStep;
    // The output that column 0 is the last of has the number before - 2.
    FloatVector a = none;
    FloatVector b = none;
    int out = first + (row.before() / apart - 2) * outputStep;
    int columns = Math.ceilDiv(row.width() - phase, apart);
    for (int column = 0; column < columns; column++) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, input, p0);
      FloatVector x1 = FloatVector.fromArray(FLOATS, input, p1);
      FloatVector x2 = FloatVector.fromArray(FLOATS, input, p2);
      FloatVector done = x2.fma(w22, x1.fma(w12, x0.fma(w02, a)));
      a = x2.fma(w21, x1.fma(w11, x0.fma(w01, b)));
      b = x2.fma(w20, x1.fma(w10, x0.fma(w00, none)));
      if (out >= first) {
        Vectors.clamp(done, low, high).intoArray(output, out);
      }
      out += outputStep;
      p0 += s0;
      p1 += s1;
      p2 += s2;
    }
    int end = outputAt + row.outputs() * pixelStep;
    if (out < end) {
      a.intoArray(output, out);
      clamp(output, out, min, max);
      if (out + outputStep < end) {
        b.intoArray(output, out + outputStep);
        clamp(output, out + outputStep, min, max);
      }
    }
  }

  /**
   * Clamps a vector that has been stored. What is seldom called is sometimes not inlined, and then
   * may not have vectors for operands, as they would be allocated.
   */
  private static void clamp(float[] output, int at, float min, float max) {
    VectorClamp.clamp(output, at, output, at, LANES, min, max);
  }
}
