package dev.whittle.runtime.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Lines of depthwise convolutions. */
final class VectorDepthwise {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  private VectorDepthwise() {}

  /** {@link MicroKernels#depthwise}. */
  static void depthwise(
      float[] input,
      int[] rows,
      int[] steps,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      float[] output,
      int outputAt,
      float min,
      float max) {
    int channels = row.channels();
    int c = 0;
    boolean three = row.filterHeight() == 3 && row.filterWidth() == 3 && row.dilation() == 1;
    for (; c + LANES <= channels; c += LANES) {
      if (three && row.stride() == 1 && row.before() <= 1 && row.width() >= 2) {
        slidingThree(input, rows, steps, row, weights, bias, c, output, outputAt + c, min, max);
      } else if (three) {
        three(input, rows, steps, row, weights, bias, c, output, outputAt + c, min, max);
      } else {
        channels(input, rows, steps, row, weights, bias, c, output, outputAt + c, min, max);
      }
    }
    if (c < channels) {
      ScalarKernels.depthwise(
          input, rows, steps, row, weights, bias, c, output, outputAt, min, max);
    }
  }

  /** A 3x3 filter of stride 1: each column is read once and added to three outputs. */
  private static void slidingThree(
      float[] input,
      int[] rows,
      int[] steps,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int c,
      float[] output,
      int outputAt,
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
    int p0 = rows[0] + c;
    int p1 = rows[1] + c;
    int p2 = rows[2] + c;
    int s0 = steps[0];
    int s1 = steps[1];
    int s2 = steps[2];
    // The output that column 0 is the last of has the number before - 2.
    FloatVector a = none;
    FloatVector b = none;
    int out = outputAt + (row.before() - 2) * channels;
    for (int column = 0; column < row.width(); column++) {
      FloatVector x0 = FloatVector.fromArray(FLOATS, input, p0);
      FloatVector x1 = FloatVector.fromArray(FLOATS, input, p1);
      FloatVector x2 = FloatVector.fromArray(FLOATS, input, p2);
      FloatVector done = x2.fma(w22, x1.fma(w12, x0.fma(w02, a)));
      a = x2.fma(w21, x1.fma(w11, x0.fma(w01, b)));
      b = x2.fma(w20, x1.fma(w10, x0.fma(w00, none)));
      if (out >= outputAt) {
        Vectors.clamp(done, low, high).intoArray(output, out);
      }
      out += channels;
      p0 += s0;
      p1 += s1;
      p2 += s2;
    }
    int end = outputAt + row.outputs() * channels;
    if (out < end) {
      Vectors.clamp(a, low, high).intoArray(output, out);
      if (out + channels < end) {
        Vectors.clamp(b, low, high).intoArray(output, out + channels);
      }
    }
  }

  /** A 3x3 filter of any stride. */
  private static void three(
      float[] input,
      int[] rows,
      int[] steps,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int c,
      float[] output,
      int outputAt,
      float min,
      float max) {
    int channels = row.channels();
    int first = row.firstInside();
    int last = Math.max(first, row.endInside());
    border(input, rows, steps, row, weights, bias, c, 0, first, output, outputAt, min, max);
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
    int s0 = steps[0];
    int s1 = steps[1];
    int s2 = steps[2];
    for (int x = first; x < last; x++) {
      int column = x * row.stride() - row.before();
      int p0 = rows[0] + c + column * s0;
      int p1 = rows[1] + c + column * s1;
      int p2 = rows[2] + c + column * s2;
      FloatVector sum = FloatVector.fromArray(FLOATS, input, p0).fma(w00, none);
      sum = FloatVector.fromArray(FLOATS, input, p1).fma(w10, sum);
      sum = FloatVector.fromArray(FLOATS, input, p2).fma(w20, sum);
      sum = FloatVector.fromArray(FLOATS, input, p0 + s0).fma(w01, sum);
      sum = FloatVector.fromArray(FLOATS, input, p1 + s1).fma(w11, sum);
      sum = FloatVector.fromArray(FLOATS, input, p2 + s2).fma(w21, sum);
      sum = FloatVector.fromArray(FLOATS, input, p0 + 2 * s0).fma(w02, sum);
      sum = FloatVector.fromArray(FLOATS, input, p1 + 2 * s1).fma(w12, sum);
      sum = FloatVector.fromArray(FLOATS, input, p2 + 2 * s2).fma(w22, sum);
      Vectors.clamp(sum, low, high).intoArray(output, outputAt + x * channels);
    }
    border(
        input, rows, steps, row, weights, bias, c, last, row.outputs(), output, outputAt, min, max);
  }

  private static void channels(
      float[] input,
      int[] rows,
      int[] steps,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int c,
      float[] output,
      int outputAt,
      float min,
      float max) {
    int first = row.firstInside();
    int last = Math.max(first, row.endInside());
    border(input, rows, steps, row, weights, bias, c, 0, first, output, outputAt, min, max);
    int channels = row.channels();
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    FloatVector none = FloatVector.fromArray(FLOATS, bias, c);
    int x = first;
    int stride = row.stride();
    for (; x + 4 <= last; x += 4) {
      FloatVector sum0 = none;
      FloatVector sum1 = none;
      FloatVector sum2 = none;
      FloatVector sum3 = none;
      for (int kx = 0; kx < row.filterWidth(); kx++) {
        int column = x * stride - row.before() + kx * row.dilation();
        for (int ky = 0; ky < row.filterHeight(); ky++) {
          FloatVector w =
              FloatVector.fromArray(FLOATS, weights, (ky * row.filterWidth() + kx) * channels + c);
          int at = rows[ky] + c + column * steps[ky];
          int step = stride * steps[ky];
          sum0 = FloatVector.fromArray(FLOATS, input, at).fma(w, sum0);
          sum1 = FloatVector.fromArray(FLOATS, input, at + step).fma(w, sum1);
          sum2 = FloatVector.fromArray(FLOATS, input, at + 2 * step).fma(w, sum2);
          sum3 = FloatVector.fromArray(FLOATS, input, at + 3 * step).fma(w, sum3);
        }
      }
      int out = outputAt + x * channels;
      Vectors.clamp(sum0, low, high).intoArray(output, out);
      Vectors.clamp(sum1, low, high).intoArray(output, out + channels);
      Vectors.clamp(sum2, low, high).intoArray(output, out + 2 * channels);
      Vectors.clamp(sum3, low, high).intoArray(output, out + 3 * channels);
    }
    border(input, rows, steps, row, weights, bias, c, x, row.outputs(), output, outputAt, min, max);
  }

  /** Outputs whose window may reach beyond the border. */
  private static void border(
      float[] input,
      int[] rows,
      int[] steps,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int c,
      int first,
      int last,
      float[] output,
      int outputAt,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    int channels = row.channels();
    for (int x = first; x < last; x++) {
      FloatVector sum = FloatVector.fromArray(FLOATS, bias, c);
      for (int kx = 0; kx < row.filterWidth(); kx++) {
        int column = x * row.stride() - row.before() + kx * row.dilation();
        if (column >= 0 && column < row.width()) {
          for (int ky = 0; ky < row.filterHeight(); ky++) {
            FloatVector w =
                FloatVector.fromArray(
                    FLOATS, weights, (ky * row.filterWidth() + kx) * channels + c);
            sum =
                FloatVector.fromArray(FLOATS, input, rows[ky] + c + column * steps[ky]).fma(w, sum);
          }
        }
      }
      Vectors.clamp(sum, low, high).intoArray(output, outputAt + x * channels);
    }
  }
}
