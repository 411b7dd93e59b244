package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Accumulators of depthwise 3x3 filters of bytes, for one vector of channels. Each column is read
 * and converted to floats once for all windows of a row, or of two rows, that it is in. Sums of
 * integers are exact, so that their order does not matter. Columns are unrolled because vectors in
 * arrays would be objects, hence the methods' lengths.
 */
final class Int8Depthwise3x3 {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final VectorSpecies<Byte> BYTES = Vectors.BYTES;
  private static final int LANES = Vectors.LANES;

  /** True if there are enough registers for two rows at once. */
  private static final boolean PAIRS = LANES == 16;

  private Int8Depthwise3x3() {}

  /** See {@link MicroKernels#depthwiseBytes}. */
  static void compute(
      byte[] input,
      InputRows inputRows,
      int rows,
      Int8DepthwiseFilter filter,
      int channel,
      float[] sums,
      int to) {
    DepthwiseGeometry geometry = filter.geometry;
    int rowSize = geometry.outputs() * LANES;
    int row = 0;
    if (geometry.stride() == 2) {
      for (; row < rows; row++) {
        strideTwo(input, inputRows, 3 * row, filter, channel, sums, to + row * rowSize);
      }
      return;
    }
    if (PAIRS) {
      for (; row + 2 <= rows && Depthwise3x3.overlap(inputRows, 3 * row); row += 2) {
        pair(input, inputRows, 3 * row, filter, channel, sums, to + row * rowSize);
      }
    }
    for (; row < rows; row++) {
      one(input, inputRows, 3 * row, filter, channel, sums, to + row * rowSize);
    }
  }

  /** Computes two rows of stride 1: of each column, four elements are read for both. */
  private static void pair(
      byte[] input,
      InputRows inputRows,
      int r,
      Int8DepthwiseFilter filter,
      int c,
      float[] sums,
      int to) {
    DepthwiseGeometry geometry = filter.geometry;
    int[] rows = inputRows.starts;
    int[] steps = inputRows.steps;
    int channels = geometry.channels();
    float[] weights = filter.weights;
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
    ByteVector flip = ByteVector.broadcast(BYTES, filter.flip);
    byte[] padding = filter.paddingRow;
    byte[] in0 = steps[r] == 0 ? padding : input;
    byte[] in1 = steps[r + 1] == 0 ? padding : input;
    byte[] in2 = steps[r + 2] == 0 ? padding : input;
    byte[] in3 = steps[r + 5] == 0 ? padding : input;
    int p0 = rows[r] + c;
    int p1 = rows[r + 1] + c;
    int p2 = rows[r + 2] + c;
    int p3 = rows[r + 5] + c;
    int s0 = steps[r];
    int s1 = steps[r + 1];
    int s2 = steps[r + 2];
    int s3 = steps[r + 5];
    int rowSize = geometry.outputs() * LANES;
    float paddingValue = filter.paddingValue;
    FloatVector a = bias;
    FloatVector b = bias;
    if (geometry.before() > 0) {
      b = w00.add(w10).add(w20).mul(paddingValue).add(bias);
    }
    FloatVector d = a;
    FloatVector e = b;
    // Column 0 is the last column of output before - 2.
    int out = to + (geometry.before() - 2) * LANES;
    int columns = Math.min(geometry.width(), geometry.outputs() + 2 - geometry.before());
    for (int column = 0; column < columns; column++) {
      FloatVector x0 = load(in0, p0, flip);
      FloatVector x1 = load(in1, p1, flip);
      FloatVector x2 = load(in2, p2, flip);
      FloatVector x3 = load(in3, p3, flip);
      FloatVector upper = x2.fma(w22, x1.fma(w12, x0.fma(w02, a)));
      FloatVector lower = x3.fma(w22, x2.fma(w12, x1.fma(w02, d)));
      a = x2.fma(w21, x1.fma(w11, x0.fma(w01, b)));
      d = x3.fma(w21, x2.fma(w11, x1.fma(w01, e)));
      b = x2.fma(w20, x1.fma(w10, x0.fma(w00, bias)));
      e = x3.fma(w20, x2.fma(w10, x1.fma(w00, bias)));
      if (out >= to) {
        upper.intoArray(sums, out);
        lower.intoArray(sums, out + rowSize);
      }
      out += LANES;
      p0 += s0;
      p1 += s1;
      p2 += s2;
      p3 += s3;
    }
    if (out < to + rowSize) {
      FloatVector last = w02.add(w12).add(w22).mul(paddingValue);
      if (out >= to) {
        a.add(last).intoArray(sums, out);
        d.add(last).intoArray(sums, out + rowSize);
      }
      out += LANES;
      if (out < to + rowSize) {
        last = w01.add(w11).add(w21).mul(paddingValue).add(last);
        b.add(last).intoArray(sums, out);
        e.add(last).intoArray(sums, out + rowSize);
      }
    }
  }

  /** Computes one row of stride 1. */
  private static void one(
      byte[] input,
      InputRows inputRows,
      int r,
      Int8DepthwiseFilter filter,
      int c,
      float[] sums,
      int to) {
    DepthwiseGeometry geometry = filter.geometry;
    int[] rows = inputRows.starts;
    int[] steps = inputRows.steps;
    int channels = geometry.channels();
    float[] weights = filter.weights;
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
    ByteVector flip = ByteVector.broadcast(BYTES, filter.flip);
    byte[] padding = filter.paddingRow;
    byte[] in0 = steps[r] == 0 ? padding : input;
    byte[] in1 = steps[r + 1] == 0 ? padding : input;
    byte[] in2 = steps[r + 2] == 0 ? padding : input;
    int p0 = rows[r] + c;
    int p1 = rows[r + 1] + c;
    int p2 = rows[r + 2] + c;
    int s0 = steps[r];
    int s1 = steps[r + 1];
    int s2 = steps[r + 2];
    int end = to + geometry.outputs() * LANES;
    float paddingValue = filter.paddingValue;
    FloatVector a = bias;
    FloatVector b = bias;
    if (geometry.before() > 0) {
      b = w00.add(w10).add(w20).mul(paddingValue).add(bias);
    }
    // Column 0 is the last column of output before - 2.
    int out = to + (geometry.before() - 2) * LANES;
    int columns = Math.min(geometry.width(), geometry.outputs() + 2 - geometry.before());
    for (int column = 0; column < columns; column++) {
      FloatVector x0 = load(in0, p0, flip);
      FloatVector x1 = load(in1, p1, flip);
      FloatVector x2 = load(in2, p2, flip);
      FloatVector done = x2.fma(w22, x1.fma(w12, x0.fma(w02, a)));
      a = x2.fma(w21, x1.fma(w11, x0.fma(w01, b)));
      b = x2.fma(w20, x1.fma(w10, x0.fma(w00, bias)));
      if (out >= to) {
        done.intoArray(sums, out);
      }
      out += LANES;
      p0 += s0;
      p1 += s1;
      p2 += s2;
    }
    if (out < end) {
      FloatVector last = w02.add(w12).add(w22).mul(paddingValue);
      if (out >= to) {
        a.add(last).intoArray(sums, out);
      }
      out += LANES;
      if (out < end) {
        b.add(w01.add(w11).add(w21).mul(paddingValue).add(last)).intoArray(sums, out);
      }
    }
  }

  /** Computes one row of stride 2: every other column is in two windows. */
  private static void strideTwo(
      byte[] input,
      InputRows inputRows,
      int r,
      Int8DepthwiseFilter filter,
      int c,
      float[] sums,
      int to) {
    DepthwiseGeometry geometry = filter.geometry;
    int[] rows = inputRows.starts;
    int[] steps = inputRows.steps;
    int channels = geometry.channels();
    float[] weights = filter.weights;
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
    ByteVector flip = ByteVector.broadcast(BYTES, filter.flip);
    byte[] padding = filter.paddingRow;
    byte[] in0 = steps[r] == 0 ? padding : input;
    byte[] in1 = steps[r + 1] == 0 ? padding : input;
    byte[] in2 = steps[r + 2] == 0 ? padding : input;
    int p0 = rows[r] + c;
    int p1 = rows[r + 1] + c;
    int p2 = rows[r + 2] + c;
    int s0 = steps[r];
    int s1 = steps[r + 1];
    int s2 = steps[r + 2];
    float paddingValue = filter.paddingValue;
    int before = geometry.before();
    FloatVector partial;
    if (before > 0) {
      partial = w00.add(w10).add(w20).mul(paddingValue).add(bias);
      p0 -= s0;
      p1 -= s1;
      p2 -= s2;
    } else {
      partial = load(in2, p2, flip).fma(w20, bias);
      partial = load(in1, p1, flip).fma(w10, partial);
      partial = load(in0, p0, flip).fma(w00, partial);
    }
    int inside = Math.min(geometry.outputs(), geometry.endInside());
    int out = to;
    for (int x = 0; x < inside; x++) {
      FloatVector x0 = load(in0, p0 + s0, flip);
      FloatVector x1 = load(in1, p1 + s1, flip);
      FloatVector x2 = load(in2, p2 + s2, flip);
      FloatVector sum = x2.fma(w21, x1.fma(w11, x0.fma(w01, partial)));
      p0 += 2 * s0;
      p1 += 2 * s1;
      p2 += 2 * s2;
      x0 = load(in0, p0, flip);
      x1 = load(in1, p1, flip);
      x2 = load(in2, p2, flip);
      partial = x2.fma(w20, x1.fma(w10, x0.fma(w00, bias)));
      x2.fma(w22, x1.fma(w12, x0.fma(w02, sum))).intoArray(sums, out);
      out += LANES;
    }
    if (inside < geometry.outputs()) {
      if (2 * inside - before + 1 < geometry.width()) {
        partial = load(in0, p0 + s0, flip).fma(w01, partial);
        partial = load(in1, p1 + s1, flip).fma(w11, partial);
        partial = load(in2, p2 + s2, flip).fma(w21, partial);
      } else {
        partial = w01.add(w11).add(w21).mul(paddingValue).add(partial);
      }
      w02.add(w12).add(w22).mul(paddingValue).add(partial).intoArray(sums, out);
    }
  }

  private static FloatVector load(byte[] input, int at, ByteVector flip) {
    ByteVector bytes = ByteVector.fromArray(BYTES, input, at);
    return (FloatVector) bytes.lanewise(VectorOperators.XOR, flip).castShape(FLOATS, 0);
  }
}
