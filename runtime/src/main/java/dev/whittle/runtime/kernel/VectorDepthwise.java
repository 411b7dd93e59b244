package dev.whittle.runtime.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Lines of depthwise convolutions. */
final class VectorDepthwise {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  /** Whether there are registers enough for two lines at once. */
  private static final boolean PAIRS = LANES == 16;

  private VectorDepthwise() {}

  /** {@link MicroKernels#depthwise}. */
  static void depthwise(
      float[] input,
      int[] rows,
      int[] steps,
      int lines,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int firstChannel,
      int channels,
      float[] output,
      int outputAt,
      int pixelStep,
      int lineStep,
      float min,
      float max) {
    if (channels < LANES) {
      ScalarDepthwise.eachChannel(
          input,
          rows,
          steps,
          lines,
          row,
          weights,
          bias,
          firstChannel,
          channels,
          output,
          outputAt,
          pixelStep,
          lineStep,
          min,
          max);
      return;
    }
    boolean three = row.filterHeight() == 3 && row.filterWidth() == 3 && row.dilation() == 1;
    boolean sliding = three && row.stride() == 1 && row.before() <= 1 && row.width() >= 2;
    for (int i = 0; i < channels; i += LANES) {
      // The last vector computes again some of what the one before it has.
      int first = Math.min(i, channels - LANES);
      int c = firstChannel + first;
      int line = 0;
      if (PAIRS && sliding) {
        for (; line + 2 <= lines && overlap(rows, 3 * line); line += 2) {
          int to = outputAt + line * lineStep + first;
          slidingPair(
              input, rows, steps, 3 * line, row, weights, bias, c, output, to, pixelStep, lineStep,
              min, max);
        }
      }
      for (; line < lines; line++) {
        int r = line * row.filterHeight();
        int to = outputAt + line * lineStep + first;
        if (sliding) {
          slidingThree(
              input, rows, steps, r, row, weights, bias, c, output, to, pixelStep, min, max);
        } else if (three) {
          three(input, rows, steps, r, row, weights, bias, c, output, to, pixelStep, min, max);
        } else {
          channels(input, rows, steps, r, row, weights, bias, c, output, to, pixelStep, min, max);
        }
      }
    }
  }

  /** Whether the next line's first two rows are the last two of the line at {@code r}. */
  private static boolean overlap(int[] rows, int r) {
    return rows[r + 3] == rows[r + 1] && rows[r + 4] == rows[r + 2];
  }

  /** Two lines of a 3x3 filter of stride 1: of each column, four elements are read for both. */
  private static void slidingPair(
      float[] input,
      int[] rows,
      int[] steps,
      int r,
      DepthwiseRow row,
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

  /** A 3x3 filter of stride 1: each column is read once and added to three outputs. */
  private static void slidingThree(
      float[] input,
      int[] rows,
      int[] steps,
      int r,
      DepthwiseRow row,
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
    int p0 = rows[r] + c;
    int p1 = rows[r + 1] + c;
    int p2 = rows[r + 2] + c;
    int s0 = steps[r];
    int s1 = steps[r + 1];
    int s2 = steps[r + 2];
    // The output that column 0 is the last of has the number before - 2.
    FloatVector a = none;
    FloatVector b = none;
    int out = outputAt + (row.before() - 2) * pixelStep;
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
      out += pixelStep;
      p0 += s0;
      p1 += s1;
      p2 += s2;
    }
    int end = outputAt + row.outputs() * pixelStep;
    if (out < end) {
      a.intoArray(output, out);
      clamp(output, out, min, max);
      if (out + pixelStep < end) {
        b.intoArray(output, out + pixelStep);
        clamp(output, out + pixelStep, min, max);
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

  /** A 3x3 filter of any stride. */
  private static void three(
      float[] input,
      int[] rows,
      int[] steps,
      int r,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int c,
      float[] output,
      int outputAt,
      int pixelStep,
      float min,
      float max) {
    int channels = row.channels();
    int first = row.firstInside();
    int last = Math.max(first, row.endInside());
    border(
        input, rows, steps, r, row, weights, bias, c, 0, first, output, outputAt, pixelStep, min,
        max);
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
    int s0 = steps[r];
    int s1 = steps[r + 1];
    int s2 = steps[r + 2];
    for (int x = first; x < last; x++) {
      int column = x * row.stride() - row.before();
      int p0 = rows[r] + c + column * s0;
      int p1 = rows[r + 1] + c + column * s1;
      int p2 = rows[r + 2] + c + column * s2;
      FloatVector sum = FloatVector.fromArray(FLOATS, input, p0).fma(w00, none);
      sum = FloatVector.fromArray(FLOATS, input, p1).fma(w10, sum);
      sum = FloatVector.fromArray(FLOATS, input, p2).fma(w20, sum);
      sum = FloatVector.fromArray(FLOATS, input, p0 + s0).fma(w01, sum);
      sum = FloatVector.fromArray(FLOATS, input, p1 + s1).fma(w11, sum);
      sum = FloatVector.fromArray(FLOATS, input, p2 + s2).fma(w21, sum);
      sum = FloatVector.fromArray(FLOATS, input, p0 + 2 * s0).fma(w02, sum);
      sum = FloatVector.fromArray(FLOATS, input, p1 + 2 * s1).fma(w12, sum);
      sum = FloatVector.fromArray(FLOATS, input, p2 + 2 * s2).fma(w22, sum);
      Vectors.clamp(sum, low, high).intoArray(output, outputAt + x * pixelStep);
    }
    border(
        input,
        rows,
        steps,
        r,
        row,
        weights,
        bias,
        c,
        last,
        row.outputs(),
        output,
        outputAt,
        pixelStep,
        min,
        max);
  }

  private static void channels(
      float[] input,
      int[] rows,
      int[] steps,
      int r,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int c,
      float[] output,
      int outputAt,
      int pixelStep,
      float min,
      float max) {
    int first = row.firstInside();
    int last = Math.max(first, row.endInside());
    border(
        input, rows, steps, r, row, weights, bias, c, 0, first, output, outputAt, pixelStep, min,
        max);
    int channels = row.channels();
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
          int at = rows[r + ky] + c + column * steps[r + ky];
          int step = stride * steps[r + ky];
          sum0 = FloatVector.fromArray(FLOATS, input, at).fma(w, sum0);
          sum1 = FloatVector.fromArray(FLOATS, input, at + step).fma(w, sum1);
          sum2 = FloatVector.fromArray(FLOATS, input, at + 2 * step).fma(w, sum2);
          sum3 = FloatVector.fromArray(FLOATS, input, at + 3 * step).fma(w, sum3);
        }
      }
      int out = outputAt + x * pixelStep;
      sum0.intoArray(output, out);
      sum1.intoArray(output, out + pixelStep);
      sum2.intoArray(output, out + 2 * pixelStep);
      sum3.intoArray(output, out + 3 * pixelStep);
    }
    // Behind the loops that make the sums, clamps were at times not inlined, and the sums objects.
    VectorClamp.rows(output, outputAt + first * pixelStep, pixelStep, x - first, LANES, min, max);
    border(
        input,
        rows,
        steps,
        r,
        row,
        weights,
        bias,
        c,
        x,
        row.outputs(),
        output,
        outputAt,
        pixelStep,
        min,
        max);
  }

  /** Outputs whose window may reach beyond the border. */
  private static void border(
      float[] input,
      int[] rows,
      int[] steps,
      int r,
      DepthwiseRow row,
      float[] weights,
      float[] bias,
      int c,
      int first,
      int last,
      float[] output,
      int outputAt,
      int pixelStep,
      float min,
      float max) {
    int channels = row.channels();
    for (int x = first; x < last; x++) {
      int start = x * row.stride() - row.before();
      int kx = row.firstTap(start);
      int end = row.endTap(start);
      FloatVector sum = FloatVector.fromArray(FLOATS, bias, c);
      for (; kx < end; kx++) {
        int column = start + kx * row.dilation();
        for (int ky = 0; ky < row.filterHeight(); ky++) {
          int w = (ky * row.filterWidth() + kx) * channels + c;
          int at = rows[r + ky] + c + column * steps[r + ky];
          sum =
              FloatVector.fromArray(FLOATS, input, at)
                  .fma(FloatVector.fromArray(FLOATS, weights, w), sum);
        }
      }
      sum.intoArray(output, outputAt + x * pixelStep);
    }
    VectorClamp.rows(
        output, outputAt + first * pixelStep, pixelStep, last - first, LANES, min, max);
  }
}
