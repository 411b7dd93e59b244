package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Lines of depthwise convolutions. */
final class VectorDepthwise {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  /** Whether there are registers enough for two lines at once. */
  private static final boolean PAIRS = LANES == 16;

  /** Outputs that are computed side by side, to hide how long each product takes. */
  private static final int MANY = 8;

  private static final int FEW = 4;

  /** For each tap, where it reads, how far apart that is for adjacent outputs, and its weight. */
  private int[] places = {};

  private int[] distances = {};
  private int[] weightsAt = {};

  /** For each tap, how many columns it is behind a window's first. */
  private int[] columns = {};

  /** {@link MicroKernels#depthwise}. */
  void depthwise(
      float[] input,
      int[] rows,
      int[] steps,
      int lines,
      DepthwiseGeometry row,
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
    boolean three = row.filterHeight() == 3 && row.filterWidth() == 3;
    int apart = row.dilation();
    boolean sliding =
        three
            && row.stride() == 1
            && (row.before() == 0 || row.before() == apart)
            && row.width() >= 2 * apart;
    if (!sliding) {
      place(rows, steps, lines, row);
    }
    for (int i = 0; i < channels; i += LANES) {
      // The last vector computes again some of what the one before it has.
      int first = Math.min(i, channels - LANES);
      int c = firstChannel + first;
      int line = 0;
      if (PAIRS && sliding && apart == 1) {
        for (; line + 2 <= lines && Depthwise3x3.overlap(rows, steps, 3 * line); line += 2) {
          int to = outputAt + line * lineStep + first;
          Depthwise3x3.pair(
              input, rows, steps, 3 * line, row, weights, bias, c, output, to, pixelStep, lineStep,
              min, max);
        }
      }
      for (; line < lines; line++) {
        int r = line * row.filterHeight();
        int to = outputAt + line * lineStep + first;
        if (sliding) {
          // Every so many columns are a line of their own.
          for (int phase = 0; phase < apart; phase++) {
            Depthwise3x3.one(
                input, rows, steps, r, row, phase, weights, bias, c, output, to, pixelStep, min,
                max);
          }
        } else if (three && apart == 1 && row.stride() == 2) {
          strideTwo(input, rows, steps, r, row, weights, bias, c, output, to, pixelStep, min, max);
        } else {
          channels(input, rows, steps, r, row, weights, bias, c, output, to, pixelStep, min, max);
        }
      }
    }
  }

  /**
   * A 3x3 filter of stride 2: every other column is the last of one output and the first of the
   * next.
   */
  private void strideTwo(
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
      float min,
      float max) {
    int channels = row.channels();
    int first = row.firstInside();
    int last = Math.max(first, row.endInside());
    border(input, r, row, weights, bias, c, 0, first, output, outputAt, pixelStep, min, max);
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
    if (first < last) {
      int column = 2 * first - row.before();
      int p0 = rows[r] + c + column * s0;
      int p1 = rows[r + 1] + c + column * s1;
      int p2 = rows[r + 2] + c + column * s2;
      FloatVector begun = FloatVector.fromArray(FLOATS, input, p0).fma(w00, none);
      begun = FloatVector.fromArray(FLOATS, input, p1).fma(w10, begun);
      begun = FloatVector.fromArray(FLOATS, input, p2).fma(w20, begun);
      for (int x = first; x < last; x++) {
        begun = FloatVector.fromArray(FLOATS, input, p0 + s0).fma(w01, begun);
        begun = FloatVector.fromArray(FLOATS, input, p1 + s1).fma(w11, begun);
        begun = FloatVector.fromArray(FLOATS, input, p2 + s2).fma(w21, begun);
        p0 += 2 * s0;
        p1 += 2 * s1;
        p2 += 2 * s2;
        FloatVector x0 = FloatVector.fromArray(FLOATS, input, p0);
        FloatVector x1 = FloatVector.fromArray(FLOATS, input, p1);
        FloatVector x2 = FloatVector.fromArray(FLOATS, input, p2);
        FloatVector sum = x2.fma(w22, x1.fma(w12, x0.fma(w02, begun)));
        begun = x2.fma(w20, x1.fma(w10, x0.fma(w00, none)));
        Vectors.clamp(sum, low, high).intoArray(output, outputAt + x * pixelStep);
      }
    }
    border(
        input,
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

  /** Any filter. */
  private void channels(
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
      float min,
      float max) {
    int first = row.firstInside();
    int last = Math.max(first, row.endInside());
    if (last - first < FEW) {
      border(
          input, r, row, weights, bias, c, 0, row.outputs(), output, outputAt, pixelStep, min, max);
      return;
    }
    border(input, r, row, weights, bias, c, 0, first, output, outputAt, pixelStep, min, max);
    int taps = row.taps();
    int tap = r / row.filterHeight() * taps;
    boolean five = row.filterWidth() == 5 && row.dilation() == 1;
    // The last group computes again some of what the one before it has.
    if (last - first >= MANY && row.stride() == 1) {
      for (int x = first; x < last; x += MANY) {
        int from = Math.min(x, last - MANY);
        int to = outputAt + from * pixelStep;
        if (five) {
          int column = from - row.before();
          Depthwise5x5.eight(
              input, rows, steps, r, row, column, weights, bias, c, output, to, pixelStep);
        } else {
          many(input, tap, taps, from - first, weights, bias, c, output, to, pixelStep);
        }
      }
    } else {
      for (int x = first; x < last; x += FEW) {
        int from = Math.min(x, last - FEW);
        int to = outputAt + from * pixelStep;
        int column = from * row.stride() - row.before();
        if (five && row.stride() == 1) {
          Depthwise5x5.four(
              input, rows, steps, r, row, column, weights, bias, c, output, to, pixelStep);
        } else if (five && row.stride() == 2) {
          Depthwise5x5.fourApart(
              input, rows, steps, r, row, column, weights, bias, c, output, to, pixelStep);
        } else {
          few(input, tap, taps, from - first, weights, bias, c, output, to, pixelStep);
        }
      }
    }
    // Behind the loops that make the sums, clamps were at times not inlined, and the sums objects.
    VectorClamp.rows(
        output, outputAt + first * pixelStep, pixelStep, last - first, LANES, min, max);
    border(
        input,
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

  /** Finds where taps read for the first outputs of lines that read no column beyond the border. */
  private void place(int[] rows, int[] steps, int lines, DepthwiseGeometry row) {
    int taps = row.taps();
    if (places.length < lines * taps) {
      places = new int[lines * taps];
      distances = new int[lines * taps];
    }
    if (weightsAt.length < taps) {
      weightsAt = new int[taps];
      columns = new int[taps];
    }
    int height = row.filterHeight();
    int first = row.firstInside() * row.stride() - row.before();
    for (int tap = 0; tap < taps; tap++) {
      int kx = row.tapColumn(tap);
      int ky = row.tapRow(tap);
      weightsAt[tap] = (ky * row.filterWidth() + kx) * row.channels();
      columns[tap] = kx * row.dilation();
      int column = first + columns[tap];
      for (int line = 0; line < lines; line++) {
        int r = line * height + ky;
        places[line * taps + tap] = rows[r] + column * steps[r];
        distances[line * taps + tap] = row.stride() * steps[r];
      }
    }
  }

  /** {@link #MANY} adjacent outputs, the first of which is {@code x} behind what was placed. */
  private void many(
      float[] input,
      int firstTap,
      int taps,
      int x,
      float[] weights,
      float[] bias,
      int c,
      float[] output,
      int to,
      int pixelStep) {
    FloatVector sum0 = FloatVector.fromArray(FLOATS, bias, c);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    FloatVector sum4 = sum0;
    FloatVector sum5 = sum0;
    FloatVector sum6 = sum0;
    FloatVector sum7 = sum0;
    for (int tap = 0; tap < taps; tap++) {
      int step = distances[firstTap + tap];
      int at = places[firstTap + tap] + x * step + c;
      FloatVector w = FloatVector.fromArray(FLOATS, weights, weightsAt[tap] + c);
      sum0 = FloatVector.fromArray(FLOATS, input, at).fma(w, sum0);
      sum1 = FloatVector.fromArray(FLOATS, input, at + step).fma(w, sum1);
      sum2 = FloatVector.fromArray(FLOATS, input, at + 2 * step).fma(w, sum2);
      sum3 = FloatVector.fromArray(FLOATS, input, at + 3 * step).fma(w, sum3);
      sum4 = FloatVector.fromArray(FLOATS, input, at + 4 * step).fma(w, sum4);
      sum5 = FloatVector.fromArray(FLOATS, input, at + 5 * step).fma(w, sum5);
      sum6 = FloatVector.fromArray(FLOATS, input, at + 6 * step).fma(w, sum6);
      sum7 = FloatVector.fromArray(FLOATS, input, at + 7 * step).fma(w, sum7);
    }
    sum0.intoArray(output, to);
    sum1.intoArray(output, to + pixelStep);
    sum2.intoArray(output, to + 2 * pixelStep);
    sum3.intoArray(output, to + 3 * pixelStep);
    sum4.intoArray(output, to + 4 * pixelStep);
    sum5.intoArray(output, to + 5 * pixelStep);
    sum6.intoArray(output, to + 6 * pixelStep);
    sum7.intoArray(output, to + 7 * pixelStep);
  }

  /** The same for {@link #FEW}. */
  private void few(
      float[] input,
      int firstTap,
      int taps,
      int x,
      float[] weights,
      float[] bias,
      int c,
      float[] output,
      int to,
      int pixelStep) {
    FloatVector sum0 = FloatVector.fromArray(FLOATS, bias, c);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    for (int tap = 0; tap < taps; tap++) {
      int step = distances[firstTap + tap];
      int at = places[firstTap + tap] + x * step + c;
      FloatVector w = FloatVector.fromArray(FLOATS, weights, weightsAt[tap] + c);
      sum0 = FloatVector.fromArray(FLOATS, input, at).fma(w, sum0);
      sum1 = FloatVector.fromArray(FLOATS, input, at + step).fma(w, sum1);
      sum2 = FloatVector.fromArray(FLOATS, input, at + 2 * step).fma(w, sum2);
      sum3 = FloatVector.fromArray(FLOATS, input, at + 3 * step).fma(w, sum3);
    }
    sum0.intoArray(output, to);
    sum1.intoArray(output, to + pixelStep);
    sum2.intoArray(output, to + 2 * pixelStep);
    sum3.intoArray(output, to + 3 * pixelStep);
  }

  /** Outputs whose window may reach beyond the border. */
  private void border(
      float[] input,
      int r,
      DepthwiseGeometry row,
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
    int taps = row.taps();
    int firstTap = r / row.filterHeight() * taps;
    for (int x = first; x < last; x++) {
      int start = x * row.stride() - row.before();
      int moved = x - row.firstInside();
      FloatVector sum = FloatVector.fromArray(FLOATS, bias, c);
      for (int tap = 0; tap < taps; tap++) {
        int column = start + columns[tap];
        if (column >= 0 && column < row.width()) {
          int at = places[firstTap + tap] + moved * distances[firstTap + tap] + c;
          sum =
              FloatVector.fromArray(FLOATS, input, at)
                  .fma(FloatVector.fromArray(FLOATS, weights, weightsAt[tap] + c), sum);
        }
      }
      sum.intoArray(output, outputAt + x * pixelStep);
    }
    VectorClamp.rows(
        output, outputAt + first * pixelStep, pixelStep, last - first, LANES, min, max);
  }
}
