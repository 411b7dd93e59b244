package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Depthwise convolutions of fewer channels than a vector has lanes. Where outputs that are adjacent
 * in memory read adjacent pixels, a vector holds the channels of several pixels, and weights are
 * repeated. Elsewhere a vector holds one pixel and what follows it in memory.
 */
final class DepthwiseFewChannels {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  /** Vectors that are computed side by side, to hide the latency of their products. */
  private static final int TOGETHER = 4;

  /** For each tap, in the order of the products, the weights of the channels, repeated. */
  private float[] weights = {};

  private float[] biases = {};

  /** Distance in {@link #weights} of adjacent taps. */
  private int step;

  /** For each tap the index that it reads for the first element of a row of outputs. */
  private int[] tapStarts = {};

  /** For each tap -1 if it moves with the outputs, 0 if it reads a row of padding. */
  private int[] moving = {};

  private final float[] pixel = new float[LANES];

  /** See {@link MicroKernels#depthwise}. */
  void compute(
      float[] input,
      InputRows inputRows,
      DepthwiseFilter filter,
      float[] output,
      DepthwiseBlock block,
      Clamp clamp) {
    DepthwiseGeometry geometry = filter.geometry;
    int channels = block.channels;
    load(filter, block.firstChannel, channels);
    int first = geometry.firstInside();
    int last = Math.max(first, geometry.endInside());
    boolean adjacent =
        geometry.stride() == 1
            && block.pixelStride == channels
            && (last - first) * channels >= LANES;
    for (int row = 0; row < block.rows; row++) {
      int r = row * geometry.filterHeight();
      int to = block.outputOffset + row * block.rowStride;
      boolean joined = adjacent && findTaps(geometry, inputRows, r, channels);
      int alone = joined ? first : geometry.outputs();
      pixels(input, inputRows, r, geometry, 0, alone, output, to, block);
      if (joined) {
        int from = first * channels;
        int end = last * channels;
        if (isThree(geometry) && LANES % channels == 0 && allMove()) {
          three(input, from, end, output, to);
        } else {
          adjacent(input, geometry.taps(), from, end, channels, output, to);
        }
        pixels(input, inputRows, r, geometry, last, geometry.outputs(), output, to, block);
      }
      VectorClamp.rows(output, to, block.pixelStride, geometry.outputs(), channels, clamp);
    }
  }

  private void load(DepthwiseFilter filter, int firstChannel, int channels) {
    DepthwiseGeometry geometry = filter.geometry;
    int taps = geometry.taps();
    step = channels + LANES;
    if (weights.length < taps * step) {
      weights = new float[taps * step];
    }
    if (tapStarts.length < taps) {
      tapStarts = new int[taps];
      moving = new int[taps];
    }
    if (biases.length < step) {
      biases = new float[step];
    }
    for (int tap = 0; tap < taps; tap++) {
      int index = geometry.tapRow(tap) * geometry.filterWidth() + geometry.tapColumn(tap);
      int from = index * geometry.channels() + firstChannel;
      repeat(filter.weights, from, channels, weights, tap * step);
    }
    repeat(filter.bias, firstChannel, channels, biases, 0);
  }

  /** Copies {@code count} elements as often as they fit into {@link #step} elements. */
  private void repeat(float[] from, int at, int count, float[] to, int first) {
    for (int i = 0; i < step; i += count) {
      System.arraycopy(from, at, to, first + i, Math.min(count, step - i));
    }
  }

  /** Finds where taps read; returns false if the input's pixels are not adjacent. */
  private boolean findTaps(DepthwiseGeometry geometry, InputRows inputRows, int r, int channels) {
    for (int tap = 0; tap < geometry.taps(); tap++) {
      int row = r + geometry.tapRow(tap);
      int columnStep = inputRows.steps[row];
      if (columnStep != 0 && columnStep != channels) {
        return false;
      }
      int column = geometry.tapColumn(tap) * geometry.dilation() - geometry.before();
      tapStarts[tap] = inputRows.starts[row] + column * columnStep;
      moving[tap] = columnStep == 0 ? 0 : -1;
    }
    return true;
  }

  /** Computes the elements of a row from {@code first} on, whose windows are inside the input. */
  private void adjacent(
      float[] input, int taps, int first, int last, int channels, float[] output, int to) {
    int from = first;
    for (; from + TOGETHER * LANES <= last; from += TOGETHER * LANES) {
      four(input, taps, from, channels, output, to + from);
    }
    for (; from < last; from += LANES) {
      // The last vector overlaps the one before.
      int f = Math.min(from, last - LANES);
      int phase = f % channels;
      FloatVector sum = FloatVector.fromArray(FLOATS, biases, phase);
      for (int tap = 0; tap < taps; tap++) {
        FloatVector w = FloatVector.fromArray(FLOATS, weights, tap * step + phase);
        int at = tapStarts[tap] + (f & moving[tap]);
        sum = FloatVector.fromArray(FLOATS, input, at).fma(w, sum);
      }
      sum.intoArray(output, to + f);
    }
  }

  private static boolean isThree(DepthwiseGeometry geometry) {
    return geometry.filterHeight() == 3 && geometry.filterWidth() == 3;
  }

  /** Returns whether a 3x3 filter reads no row of padding. */
  private boolean allMove() {
    return (moving[0] & moving[1] & moving[2]) != 0;
  }

  /**
   * {@link #adjacent} for a 3x3 filter whose weights are the same for all vectors. The compiler
   * checks the bounds of all taps before the loop.
   */
  private void three(float[] input, int first, int last, float[] output, int to) {
    FloatVector bias = FloatVector.fromArray(FLOATS, biases, 0);
    FloatVector w0 = FloatVector.fromArray(FLOATS, weights, 0);
    FloatVector w1 = FloatVector.fromArray(FLOATS, weights, step);
    FloatVector w2 = FloatVector.fromArray(FLOATS, weights, 2 * step);
    FloatVector w3 = FloatVector.fromArray(FLOATS, weights, 3 * step);
    FloatVector w4 = FloatVector.fromArray(FLOATS, weights, 4 * step);
    FloatVector w5 = FloatVector.fromArray(FLOATS, weights, 5 * step);
    FloatVector w6 = FloatVector.fromArray(FLOATS, weights, 6 * step);
    FloatVector w7 = FloatVector.fromArray(FLOATS, weights, 7 * step);
    FloatVector w8 = FloatVector.fromArray(FLOATS, weights, 8 * step);
    int p0 = tapStarts[0];
    int p1 = tapStarts[1];
    int p2 = tapStarts[2];
    int p3 = tapStarts[3];
    int p4 = tapStarts[4];
    int p5 = tapStarts[5];
    int p6 = tapStarts[6];
    int p7 = tapStarts[7];
    int p8 = tapStarts[8];
    int end = last - LANES;
    // The last vector overlaps the one before.
    for (int round = 0; round < 2; round++) {
      int from = round == 0 ? first : end;
      int until = round == 0 ? end : last;
      for (int f = from; f < until; f += LANES) {
        FloatVector sum = FloatVector.fromArray(FLOATS, input, p0 + f).fma(w0, bias);
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

  /** Computes {@link #TOGETHER} vectors. */
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
      int at = tapStarts[tap] + (from & moving[tap]);
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

  /** Computes some outputs of a row, pixel by pixel. */
  private void pixels(
      float[] input,
      InputRows inputRows,
      int r,
      DepthwiseGeometry geometry,
      int first,
      int last,
      float[] output,
      int to,
      DepthwiseBlock block) {
    int channels = block.channels;
    for (int x = first; x < last; x++) {
      int start = x * geometry.stride() - geometry.before();
      FloatVector sum = FloatVector.fromArray(FLOATS, biases, 0);
      for (int tap = 0; tap < geometry.taps(); tap++) {
        int column = start + geometry.tapColumn(tap) * geometry.dilation();
        if (column < 0 || column >= geometry.width()) {
          continue;
        }
        int row = r + geometry.tapRow(tap);
        int at = inputRows.starts[row] + block.firstChannel + column * inputRows.steps[row];
        FloatVector w = FloatVector.fromArray(FLOATS, weights, tap * step);
        if (at + LANES > input.length) {
          // A vector would reach past the end of the array.
          Arrays.fill(pixel, 0);
          System.arraycopy(input, at, pixel, 0, channels);
          sum = FloatVector.fromArray(FLOATS, pixel, 0).fma(w, sum);
        } else {
          sum = FloatVector.fromArray(FLOATS, input, at).fma(w, sum);
        }
      }
      sum.intoArray(pixel, 0);
      System.arraycopy(pixel, 0, output, to + x * block.pixelStride, channels);
    }
  }
}
