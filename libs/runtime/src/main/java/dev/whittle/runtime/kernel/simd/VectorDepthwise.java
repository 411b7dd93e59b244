package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Depthwise convolutions of at least as many channels as a vector has lanes.
 *
 * <p>The loops have indices as parameters and not in records: the compiler keeps parameters in
 * registers.
 */
final class VectorDepthwise {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  /** True if there are enough registers for two rows at once. */
  private static final boolean PAIRS = LANES == 16;

  /** Outputs that are computed side by side, to hide the latency of their products. */
  private static final int MANY = 8;

  private static final int FEW = 4;

  /** For each tap of each row the index that it reads for the first output inside the input. */
  private int[] tapStarts = {};

  /** For each tap of each row the distance of the elements that adjacent outputs read. */
  private int[] tapSteps = {};

  /** For each tap the index of its weights. */
  private int[] tapWeights = {};

  /** For each tap its column, relative to the window's first. */
  private int[] tapColumns = {};

  /** See {@link MicroKernels#depthwise}. */
  void compute(
      float[] input,
      InputRows inputRows,
      DepthwiseFilter filter,
      float[] output,
      DepthwiseBlock block,
      Clamp clamp) {
    DepthwiseGeometry geometry = filter.geometry;
    boolean three = geometry.filterHeight() == 3 && geometry.filterWidth() == 3;
    int dilation = geometry.dilation();
    boolean sliding =
        three
            && geometry.stride() == 1
            && (geometry.before() == 0 || geometry.before() == dilation)
            && geometry.width() >= 2 * dilation;
    if (!sliding) {
      findTaps(inputRows, block.rows, geometry);
    }
    int pixelStride = block.pixelStride;
    for (int i = 0; i < block.channels; i += LANES) {
      // The last vector overlaps the one before.
      int first = Math.min(i, block.channels - LANES);
      int c = block.firstChannel + first;
      int row = 0;
      if (PAIRS && sliding && dilation == 1) {
        for (; row + 2 <= block.rows && Depthwise3x3.overlap(inputRows, 3 * row); row += 2) {
          int to = block.outputOffset + row * block.rowStride + first;
          Depthwise3x3.pair(input, inputRows, 3 * row, filter, c, output, to, block, clamp);
        }
      }
      for (; row < block.rows; row++) {
        int r = row * geometry.filterHeight();
        int to = block.outputOffset + row * block.rowStride + first;
        if (sliding) {
          // The columns of each phase of a dilated filter are a row of their own.
          for (int phase = 0; phase < dilation; phase++) {
            Depthwise3x3.one(input, inputRows, r, phase, filter, c, output, to, pixelStride, clamp);
          }
        } else if (three && dilation == 1 && geometry.stride() == 2) {
          strideTwo(input, inputRows, r, filter, c, output, to, pixelStride, clamp);
        } else {
          general(input, inputRows, r, filter, c, output, to, pixelStride, clamp);
        }
      }
    }
  }

  /**
   * Computes a row of a 3x3 filter of stride 2: every other column is the last of one window and
   * the first of the next.
   */
  private void strideTwo(
      float[] input,
      InputRows inputRows,
      int r,
      DepthwiseFilter filter,
      int c,
      float[] output,
      int to,
      int pixelStride,
      Clamp clamp) {
    DepthwiseGeometry geometry = filter.geometry;
    float[] weights = filter.weights;
    int channels = geometry.channels();
    int first = geometry.firstInside();
    int last = Math.max(first, geometry.endInside());
    border(input, r, filter, c, 0, first, output, to, pixelStride, clamp);
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
    int s0 = inputRows.steps[r];
    int s1 = inputRows.steps[r + 1];
    int s2 = inputRows.steps[r + 2];
    if (first < last) {
      int column = 2 * first - geometry.before();
      int p0 = inputRows.starts[r] + c + column * s0;
      int p1 = inputRows.starts[r + 1] + c + column * s1;
      int p2 = inputRows.starts[r + 2] + c + column * s2;
      FloatVector partial = FloatVector.fromArray(FLOATS, input, p0).fma(w00, bias);
      partial = FloatVector.fromArray(FLOATS, input, p1).fma(w10, partial);
      partial = FloatVector.fromArray(FLOATS, input, p2).fma(w20, partial);
      for (int x = first; x < last; x++) {
        partial = FloatVector.fromArray(FLOATS, input, p0 + s0).fma(w01, partial);
        partial = FloatVector.fromArray(FLOATS, input, p1 + s1).fma(w11, partial);
        partial = FloatVector.fromArray(FLOATS, input, p2 + s2).fma(w21, partial);
        p0 += 2 * s0;
        p1 += 2 * s1;
        p2 += 2 * s2;
        FloatVector x0 = FloatVector.fromArray(FLOATS, input, p0);
        FloatVector x1 = FloatVector.fromArray(FLOATS, input, p1);
        FloatVector x2 = FloatVector.fromArray(FLOATS, input, p2);
        FloatVector sum = x2.fma(w22, x1.fma(w12, x0.fma(w02, partial)));
        partial = x2.fma(w20, x1.fma(w10, x0.fma(w00, bias)));
        Vectors.clamp(sum, min, max).intoArray(output, to + x * pixelStride);
      }
    }
    border(input, r, filter, c, last, geometry.outputs(), output, to, pixelStride, clamp);
  }

  /** Computes a row of any filter. */
  private void general(
      float[] input,
      InputRows inputRows,
      int r,
      DepthwiseFilter filter,
      int c,
      float[] output,
      int to,
      int pixelStride,
      Clamp clamp) {
    DepthwiseGeometry geometry = filter.geometry;
    int first = geometry.firstInside();
    int last = Math.max(first, geometry.endInside());
    if (last - first < FEW) {
      border(input, r, filter, c, 0, geometry.outputs(), output, to, pixelStride, clamp);
      return;
    }
    border(input, r, filter, c, 0, first, output, to, pixelStride, clamp);
    int tap = r / geometry.filterHeight() * geometry.taps();
    boolean five = geometry.filterWidth() == 5 && geometry.dilation() == 1;
    // The last group overlaps the one before.
    if (last - first >= MANY && geometry.stride() == 1) {
      for (int i = first; i < last; i += MANY) {
        int x = Math.min(i, last - MANY);
        int at = to + x * pixelStride;
        if (five) {
          int column = x - geometry.before();
          Depthwise5x5.eight(input, inputRows, r, column, filter, c, output, at, pixelStride);
        } else {
          many(input, tap, x - first, filter, c, output, at, pixelStride);
        }
      }
    } else {
      for (int i = first; i < last; i += FEW) {
        int x = Math.min(i, last - FEW);
        int at = to + x * pixelStride;
        int column = x * geometry.stride() - geometry.before();
        if (five && geometry.stride() == 1) {
          Depthwise5x5.four(input, inputRows, r, column, filter, c, output, at, pixelStride);
        } else if (five && geometry.stride() == 2) {
          Depthwise5x5.fourStrideTwo(
              input, inputRows, r, column, filter, c, output, at, pixelStride);
        } else {
          few(input, tap, x - first, filter, c, output, at, pixelStride);
        }
      }
    }
    // Right after the loops over taps, the compiler may not inline clamps and allocate the sums.
    VectorClamp.rows(output, to + first * pixelStride, pixelStride, last - first, LANES, clamp);
    border(input, r, filter, c, last, geometry.outputs(), output, to, pixelStride, clamp);
  }

  /** Finds where taps read for the first outputs of rows whose windows are inside the input. */
  private void findTaps(InputRows inputRows, int rows, DepthwiseGeometry geometry) {
    int taps = geometry.taps();
    if (tapStarts.length < rows * taps) {
      tapStarts = new int[rows * taps];
      tapSteps = new int[rows * taps];
    }
    if (tapWeights.length < taps) {
      tapWeights = new int[taps];
      tapColumns = new int[taps];
    }
    int height = geometry.filterHeight();
    int first = geometry.firstInside() * geometry.stride() - geometry.before();
    for (int tap = 0; tap < taps; tap++) {
      int kx = geometry.tapColumn(tap);
      int ky = geometry.tapRow(tap);
      tapWeights[tap] = (ky * geometry.filterWidth() + kx) * geometry.channels();
      tapColumns[tap] = kx * geometry.dilation();
      int column = first + tapColumns[tap];
      for (int row = 0; row < rows; row++) {
        int r = row * height + ky;
        tapStarts[row * taps + tap] = inputRows.starts[r] + column * inputRows.steps[r];
        tapSteps[row * taps + tap] = geometry.stride() * inputRows.steps[r];
      }
    }
  }

  /** Computes {@link #MANY} adjacent outputs, {@code x} after the first one inside the input. */
  private void many(
      float[] input,
      int firstTap,
      int x,
      DepthwiseFilter filter,
      int c,
      float[] output,
      int to,
      int pixelStride) {
    float[] weights = filter.weights;
    int taps = filter.geometry.taps();
    FloatVector sum0 = FloatVector.fromArray(FLOATS, filter.bias, c);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    FloatVector sum4 = sum0;
    FloatVector sum5 = sum0;
    FloatVector sum6 = sum0;
    FloatVector sum7 = sum0;
    for (int tap = 0; tap < taps; tap++) {
      int step = tapSteps[firstTap + tap];
      int at = tapStarts[firstTap + tap] + x * step + c;
      FloatVector w = FloatVector.fromArray(FLOATS, weights, tapWeights[tap] + c);
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
    sum1.intoArray(output, to + pixelStride);
    sum2.intoArray(output, to + 2 * pixelStride);
    sum3.intoArray(output, to + 3 * pixelStride);
    sum4.intoArray(output, to + 4 * pixelStride);
    sum5.intoArray(output, to + 5 * pixelStride);
    sum6.intoArray(output, to + 6 * pixelStride);
    sum7.intoArray(output, to + 7 * pixelStride);
  }

  /** {@link #many} for {@link #FEW} outputs. */
  private void few(
      float[] input,
      int firstTap,
      int x,
      DepthwiseFilter filter,
      int c,
      float[] output,
      int to,
      int pixelStride) {
    float[] weights = filter.weights;
    int taps = filter.geometry.taps();
    FloatVector sum0 = FloatVector.fromArray(FLOATS, filter.bias, c);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    for (int tap = 0; tap < taps; tap++) {
      int step = tapSteps[firstTap + tap];
      int at = tapStarts[firstTap + tap] + x * step + c;
      FloatVector w = FloatVector.fromArray(FLOATS, weights, tapWeights[tap] + c);
      sum0 = FloatVector.fromArray(FLOATS, input, at).fma(w, sum0);
      sum1 = FloatVector.fromArray(FLOATS, input, at + step).fma(w, sum1);
      sum2 = FloatVector.fromArray(FLOATS, input, at + 2 * step).fma(w, sum2);
      sum3 = FloatVector.fromArray(FLOATS, input, at + 3 * step).fma(w, sum3);
    }
    sum0.intoArray(output, to);
    sum1.intoArray(output, to + pixelStride);
    sum2.intoArray(output, to + 2 * pixelStride);
    sum3.intoArray(output, to + 3 * pixelStride);
  }

  /** Computes outputs whose windows may reach into the padding of a row. */
  private void border(
      float[] input,
      int r,
      DepthwiseFilter filter,
      int c,
      int first,
      int last,
      float[] output,
      int to,
      int pixelStride,
      Clamp clamp) {
    DepthwiseGeometry geometry = filter.geometry;
    int taps = geometry.taps();
    int firstTap = r / geometry.filterHeight() * taps;
    for (int x = first; x < last; x++) {
      int start = x * geometry.stride() - geometry.before();
      int moved = x - geometry.firstInside();
      FloatVector sum = FloatVector.fromArray(FLOATS, filter.bias, c);
      for (int tap = 0; tap < taps; tap++) {
        int column = start + tapColumns[tap];
        if (column >= 0 && column < geometry.width()) {
          int at = tapStarts[firstTap + tap] + moved * tapSteps[firstTap + tap] + c;
          sum =
              FloatVector.fromArray(FLOATS, input, at)
                  .fma(FloatVector.fromArray(FLOATS, filter.weights, tapWeights[tap] + c), sum);
        }
      }
      sum.intoArray(output, to + x * pixelStride);
    }
    VectorClamp.rows(output, to + first * pixelStride, pixelStride, last - first, LANES, clamp);
  }
}
