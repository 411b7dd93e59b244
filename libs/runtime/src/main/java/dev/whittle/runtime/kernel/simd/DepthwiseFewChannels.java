package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Depthwise filters of fewer channels than a vector has lanes. Where outputs that are adjacent in
 * memory read adjacent pixels, a vector holds the channels of several of them, with weights that
 * are repeated; elsewhere it holds one pixel's, and what follows it in memory.
 */
final class DepthwiseFewChannels {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  /** Vectors that are computed side by side, to hide how long each product takes. */
  private static final int TOGETHER = 4;

  /** For each tap, in the order of the products, weights of the channels again and again. */
  private float[] weights = {};

  private float[] biases = {};

  /** How far apart the weights of taps are. */
  private int step;

  /** For each tap, where it reads for the first element of a line of outputs. */
  private int[] places = {};

  /** -1 for taps that move with the outputs, 0 for those in a row of zeros. */
  private int[] moving = {};

  private final float[] pixel = new float[LANES];

  /** {@link MicroKernels#depthwise}. */
  void compute(
      float[] input,
      int[] rows,
      int[] steps,
      int lines,
      DepthwiseGeometry row,
      float[] filter,
      float[] bias,
      int firstChannel,
      int channels,
      float[] output,
      int outputAt,
      int pixelStep,
      int lineStep,
      float min,
      float max) {
    load(row, filter, bias, firstChannel, channels);
    int first = row.firstInside();
    int last = Math.max(first, row.endInside());
    boolean adjacent =
        row.stride() == 1 && pixelStep == channels && (last - first) * channels >= LANES;
    for (int line = 0; line < lines; line++) {
      int r = line * row.filterHeight();
      int to = outputAt + line * lineStep;
      boolean together = adjacent && place(row, rows, steps, r, channels);
      int alone = together ? first : row.outputs();
      pixels(input, rows, steps, r, row, firstChannel, channels, 0, alone, output, to, pixelStep);
      if (together) {
        int from = first * channels;
        int end = last * channels;
        if (isThree(row) && LANES % channels == 0 && allMove()) {
          three(input, from, end, output, to);
        } else {
          adjacent(input, row.taps(), from, end, channels, output, to);
        }
        int all = row.outputs();
        pixels(
            input, rows, steps, r, row, firstChannel, channels, last, all, output, to, pixelStep);
      }
      VectorClamp.rows(output, to, pixelStep, row.outputs(), channels, min, max);
    }
  }

  private void load(
      DepthwiseGeometry row, float[] filter, float[] bias, int firstChannel, int channels) {
    int taps = row.taps();
    step = channels + LANES;
    if (weights.length < taps * step) {
      weights = new float[taps * step];
    }
    if (places.length < taps) {
      places = new int[taps];
      moving = new int[taps];
    }
    if (biases.length < step) {
      biases = new float[step];
    }
    for (int tap = 0; tap < taps; tap++) {
      int place = row.tapRow(tap) * row.filterWidth() + row.tapColumn(tap);
      repeat(filter, place * row.channels() + firstChannel, channels, weights, tap * step);
    }
    repeat(bias, firstChannel, channels, biases, 0);
  }

  private void repeat(float[] from, int at, int count, float[] to, int place) {
    for (int i = 0; i < step; i += count) {
      System.arraycopy(from, at, to, place + i, Math.min(count, step - i));
    }
  }

  /** Finds where taps read; returns false if pixels of the input are not adjacent. */
  private boolean place(DepthwiseGeometry row, int[] rows, int[] steps, int r, int channels) {
    for (int tap = 0; tap < row.taps(); tap++) {
      int line = r + row.tapRow(tap);
      if (steps[line] != 0 && steps[line] != channels) {
        return false;
      }
      int column = row.tapColumn(tap) * row.dilation() - row.before();
      places[tap] = rows[line] + column * steps[line];
      moving[tap] = steps[line] == 0 ? 0 : -1;
    }
    return true;
  }

  /** Outputs from element {@code first} of a line on, all of whose windows are inside. */
  private void adjacent(
      float[] input, int taps, int first, int last, int channels, float[] output, int to) {
    int from = first;
    for (; from + TOGETHER * LANES <= last; from += TOGETHER * LANES) {
      four(input, taps, from, channels, output, to + from);
    }
    for (; from < last; from += LANES) {
      // The last vector computes again some of what the one before it has.
      int f = Math.min(from, last - LANES);
      int phase = f % channels;
      FloatVector sum = FloatVector.fromArray(FLOATS, biases, phase);
      for (int tap = 0; tap < taps; tap++) {
        FloatVector w = FloatVector.fromArray(FLOATS, weights, tap * step + phase);
        sum = FloatVector.fromArray(FLOATS, input, places[tap] + (f & moving[tap])).fma(w, sum);
      }
      sum.intoArray(output, to + f);
    }
  }

  private static boolean isThree(DepthwiseGeometry row) {
    return row.filterHeight() == 3 && row.filterWidth() == 3;
  }

  /** Whether none of a 3x3 filter's rows is one of zeros. */
  private boolean allMove() {
    return (moving[0] & moving[1] & moving[2]) != 0;
  }

  /**
   * {@link #adjacent} for a 3x3 filter whose weights are the same for all vectors. The compiler
   * finds out before the loop that no place is beyond the input.
   */
  private void three(float[] input, int first, int last, float[] output, int to) {
    FloatVector none = FloatVector.fromArray(FLOATS, biases, 0);
    FloatVector w0 = FloatVector.fromArray(FLOATS, weights, 0);
    FloatVector w1 = FloatVector.fromArray(FLOATS, weights, step);
    FloatVector w2 = FloatVector.fromArray(FLOATS, weights, 2 * step);
    FloatVector w3 = FloatVector.fromArray(FLOATS, weights, 3 * step);
    FloatVector w4 = FloatVector.fromArray(FLOATS, weights, 4 * step);
    FloatVector w5 = FloatVector.fromArray(FLOATS, weights, 5 * step);
    FloatVector w6 = FloatVector.fromArray(FLOATS, weights, 6 * step);
    FloatVector w7 = FloatVector.fromArray(FLOATS, weights, 7 * step);
    FloatVector w8 = FloatVector.fromArray(FLOATS, weights, 8 * step);
    int p0 = places[0];
    int p1 = places[1];
    int p2 = places[2];
    int p3 = places[3];
    int p4 = places[4];
    int p5 = places[5];
    int p6 = places[6];
    int p7 = places[7];
    int p8 = places[8];
    int end = last - LANES;
    // The last vector computes again some of what the one before it has.
    for (int round = 0; round < 2; round++) {
      int from = round == 0 ? first : end;
      int until = round == 0 ? end : last;
      for (int f = from; f < until; f += LANES) {
        FloatVector sum = FloatVector.fromArray(FLOATS, input, p0 + f).fma(w0, none);
        sum = FloatVector.fromArray(FLOATS, input, p1 + f).fma(w1, sum);
        sum = FloatVector.fromArray(FLOATS, input, p2 + f).fma(w2, sum);
        sum = FloatVector.fromArray(FLOATS, input, p3 + f).fma(w3, sum);
        sum = FloatVector.fromArray(FLOATS, input, p4 + f).fma(w4, sum);
        sum = FloatVector.fromArray(FLOATS, input, p5 + f).fma(w5, sum);
        sum = FloatVector.fromArray(FLOATS, input, p6 + f).fma(w6, sum);
        sum = FloatVector.fromArray(FLOATS, input, p7 + f).fma(w7, sum);
        sum = FloatVector.fromArray(FLOATS, input, p8 + f).fma(w8, sum);
        sum.intoArray(output, to + f);
      }
    }
  }

  private void four(float[] input, int taps, int from, int channels, float[] output, int to) {
    int phase0 = from % channels;
    int phase1 = (from + LANES) % channels;
    int phase2 = (from + 2 * LANES) % channels;
    int phase3 = (from + 3 * LANES) % channels;
    FloatVector sum0 = FloatVector.fromArray(FLOATS, biases, phase0);
    FloatVector sum1 = FloatVector.fromArray(FLOATS, biases, phase1);
    FloatVector sum2 = FloatVector.fromArray(FLOATS, biases, phase2);
    FloatVector sum3 = FloatVector.fromArray(FLOATS, biases, phase3);
    int w = 0;
    for (int tap = 0; tap < taps; tap++) {
      int at = places[tap] + (from & moving[tap]);
      int next = LANES & moving[tap];
      sum0 =
          FloatVector.fromArray(FLOATS, input, at)
              .fma(FloatVector.fromArray(FLOATS, weights, w + phase0), sum0);
      sum1 =
          FloatVector.fromArray(FLOATS, input, at + next)
              .fma(FloatVector.fromArray(FLOATS, weights, w + phase1), sum1);
      sum2 =
          FloatVector.fromArray(FLOATS, input, at + 2 * next)
              .fma(FloatVector.fromArray(FLOATS, weights, w + phase2), sum2);
      sum3 =
          FloatVector.fromArray(FLOATS, input, at + 3 * next)
              .fma(FloatVector.fromArray(FLOATS, weights, w + phase3), sum3);
      w += step;
    }
    sum0.intoArray(output, to);
    sum1.intoArray(output, to + LANES);
    sum2.intoArray(output, to + 2 * LANES);
    sum3.intoArray(output, to + 3 * LANES);
  }

  /** Some outputs of a line, one by one. */
  private void pixels(
      float[] input,
      int[] rows,
      int[] steps,
      int r,
      DepthwiseGeometry row,
      int firstChannel,
      int channels,
      int first,
      int last,
      float[] output,
      int to,
      int pixelStep) {
    for (int x = first; x < last; x++) {
      int start = x * row.stride() - row.before();
      FloatVector sum = FloatVector.fromArray(FLOATS, biases, 0);
      for (int tap = 0; tap < row.taps(); tap++) {
        int column = start + row.tapColumn(tap) * row.dilation();
        if (column < 0 || column >= row.width()) {
          continue;
        }
        int line = r + row.tapRow(tap);
        int at = rows[line] + firstChannel + column * steps[line];
        FloatVector w = FloatVector.fromArray(FLOATS, weights, tap * step);
        if (at + LANES > input.length) {
          // The last pixels of the array: what follows them is not there.
          Arrays.fill(pixel, 0);
          System.arraycopy(input, at, pixel, 0, channels);
          sum = FloatVector.fromArray(FLOATS, pixel, 0).fma(w, sum);
        } else {
          sum = FloatVector.fromArray(FLOATS, input, at).fma(w, sum);
        }
      }
      sum.intoArray(pixel, 0);
      System.arraycopy(pixel, 0, output, to + x * pixelStep, channels);
    }
  }
}
