package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Lines of sums of depthwise 3x3 filters of bytes, one vector of channels: each column is read and
 * made floats once for all outputs of a line, or of two lines, that it is part of. Sums of whole
 * numbers are exact, so their order does not matter.
 */
final class Int8Depthwise3x3 {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final VectorSpecies<Byte> BYTES = Vectors.BYTES;
  private static final int LANES = Vectors.LANES;

  /** Whether there are registers enough for two lines at once. */
  private static final boolean PAIRS = LANES == 16;

  private Int8Depthwise3x3() {}

  /** {@link MicroKernels#depthwiseBytes}. */
  static void lines(
      byte[] input,
      int[] rows,
      int[] steps,
      int lines,
      Int8DepthwiseFilter filter,
      int channel,
      float[] sums,
      int to) {
    DepthwiseGeometry row = filter.row;
    int lineSize = row.outputs() * LANES;
    int line = 0;
    if (row.stride() == 2) {
      for (; line < lines; line++) {
        apart(input, rows, steps, 3 * line, filter, channel, sums, to + line * lineSize);
      }
      return;
    }
    if (PAIRS) {
      for (; line + 2 <= lines && Depthwise3x3.overlap(rows, steps, 3 * line); line += 2) {
        pair(input, rows, steps, 3 * line, filter, channel, sums, to + line * lineSize);
      }
    }
    for (; line < lines; line++) {
      one(input, rows, steps, 3 * line, filter, channel, sums, to + line * lineSize);
    }
  }

  /** Two lines of stride 1: of each column, four elements are read for both. */
  private static void pair(
      byte[] input,
      int[] rows,
      int[] steps,
      int r,
      Int8DepthwiseFilter filter,
      int c,
      float[] sums,
      int to) {
    DepthwiseGeometry row = filter.row;
    int channels = row.channels();
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
    FloatVector none = FloatVector.fromArray(FLOATS, filter.bias, c);
    ByteVector flip = ByteVector.broadcast(BYTES, filter.flip);
    byte[] beyond = filter.beyond;
    byte[] in0 = steps[r] == 0 ? beyond : input;
    byte[] in1 = steps[r + 1] == 0 ? beyond : input;
    byte[] in2 = steps[r + 2] == 0 ? beyond : input;
    byte[] in3 = steps[r + 5] == 0 ? beyond : input;
    int p0 = rows[r] + c;
    int p1 = rows[r + 1] + c;
    int p2 = rows[r + 2] + c;
    int p3 = rows[r + 5] + c;
    int s0 = steps[r];
    int s1 = steps[r + 1];
    int s2 = steps[r + 2];
    int s3 = steps[r + 5];
    int lineStep = row.outputs() * LANES;
    float edge = filter.edge;
    FloatVector a = none;
    FloatVector b = none;
    if (row.before() > 0) {
      b = w00.add(w10).add(w20).mul(edge).add(none);
    }
    FloatVector d = a;
    FloatVector e = b;
    // The output that column 0 is the last of has the number before - 2.
    int out = to + (row.before() - 2) * LANES;
    int columns = Math.min(row.width(), row.outputs() + 2 - row.before());
    for (int column = 0; column < columns; column++) {
      FloatVector x0 = load(in0, p0, flip);
      FloatVector x1 = load(in1, p1, flip);
      FloatVector x2 = load(in2, p2, flip);
      FloatVector x3 = load(in3, p3, flip);
      FloatVector upper = x2.fma(w22, x1.fma(w12, x0.fma(w02, a)));
      FloatVector lower = x3.fma(w22, x2.fma(w12, x1.fma(w02, d)));
      a = x2.fma(w21, x1.fma(w11, x0.fma(w01, b)));
      d = x3.fma(w21, x2.fma(w11, x1.fma(w01, e)));
      b = x2.fma(w20, x1.fma(w10, x0.fma(w00, none)));
      e = x3.fma(w20, x2.fma(w10, x1.fma(w00, none)));
      if (out >= to) {
        upper.intoArray(sums, out);
        lower.intoArray(sums, out + lineStep);
      }
      out += LANES;
      p0 += s0;
      p1 += s1;
      p2 += s2;
      p3 += s3;
    }
    if (out < to + lineStep) {
      FloatVector last = w02.add(w12).add(w22).mul(edge);
      if (out >= to) {
        a.add(last).intoArray(sums, out);
        d.add(last).intoArray(sums, out + lineStep);
      }
      out += LANES;
      if (out < to + lineStep) {
        last = w01.add(w11).add(w21).mul(edge).add(last);
        b.add(last).intoArray(sums, out);
        e.add(last).intoArray(sums, out + lineStep);
      }
    }
  }

  /** One line of stride 1. */
  private static void one(
      byte[] input,
      int[] rows,
      int[] steps,
      int r,
      Int8DepthwiseFilter filter,
      int c,
      float[] sums,
      int to) {
    DepthwiseGeometry row = filter.row;
    int channels = row.channels();
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
    FloatVector none = FloatVector.fromArray(FLOATS, filter.bias, c);
    ByteVector flip = ByteVector.broadcast(BYTES, filter.flip);
    byte[] beyond = filter.beyond;
    byte[] in0 = steps[r] == 0 ? beyond : input;
    byte[] in1 = steps[r + 1] == 0 ? beyond : input;
    byte[] in2 = steps[r + 2] == 0 ? beyond : input;
    int p0 = rows[r] + c;
    int p1 = rows[r + 1] + c;
    int p2 = rows[r + 2] + c;
    int s0 = steps[r];
    int s1 = steps[r + 1];
    int s2 = steps[r + 2];
    int end = to + row.outputs() * LANES;
    float edge = filter.edge;
    FloatVector a = none;
    FloatVector b = none;
    if (row.before() > 0) {
      b = w00.add(w10).add(w20).mul(edge).add(none);
    }
    // The output that column 0 is the last of has the number before - 2.
    int out = to + (row.before() - 2) * LANES;
    int columns = Math.min(row.width(), row.outputs() + 2 - row.before());
    for (int column = 0; column < columns; column++) {
      FloatVector x0 = load(in0, p0, flip);
      FloatVector x1 = load(in1, p1, flip);
      FloatVector x2 = load(in2, p2, flip);
      FloatVector done = x2.fma(w22, x1.fma(w12, x0.fma(w02, a)));
      a = x2.fma(w21, x1.fma(w11, x0.fma(w01, b)));
      b = x2.fma(w20, x1.fma(w10, x0.fma(w00, none)));
      if (out >= to) {
        done.intoArray(sums, out);
      }
      out += LANES;
      p0 += s0;
      p1 += s1;
      p2 += s2;
    }
    if (out < end) {
      FloatVector last = w02.add(w12).add(w22).mul(edge);
      if (out >= to) {
        a.add(last).intoArray(sums, out);
      }
      out += LANES;
      if (out < end) {
        b.add(w01.add(w11).add(w21).mul(edge).add(last)).intoArray(sums, out);
      }
    }
  }

  /** A line of windows that are two columns apart: every other column is in two of them. */
  private static void apart(
      byte[] input,
      int[] rows,
      int[] steps,
      int r,
      Int8DepthwiseFilter filter,
      int c,
      float[] sums,
      int to) {
    DepthwiseGeometry row = filter.row;
    int channels = row.channels();
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
    FloatVector none = FloatVector.fromArray(FLOATS, filter.bias, c);
    ByteVector flip = ByteVector.broadcast(BYTES, filter.flip);
    byte[] beyond = filter.beyond;
    byte[] in0 = steps[r] == 0 ? beyond : input;
    byte[] in1 = steps[r + 1] == 0 ? beyond : input;
    byte[] in2 = steps[r + 2] == 0 ? beyond : input;
    int p0 = rows[r] + c;
    int p1 = rows[r + 1] + c;
    int p2 = rows[r + 2] + c;
    int s0 = steps[r];
    int s1 = steps[r + 1];
    int s2 = steps[r + 2];
    float edge = filter.edge;
    int before = row.before();
    FloatVector begun;
    if (before > 0) {
      begun = w00.add(w10).add(w20).mul(edge).add(none);
      p0 -= s0;
      p1 -= s1;
      p2 -= s2;
    } else {
      begun = load(in2, p2, flip).fma(w20, none);
      begun = load(in1, p1, flip).fma(w10, begun);
      begun = load(in0, p0, flip).fma(w00, begun);
    }
    int inside = Math.min(row.outputs(), row.endInside());
    int out = to;
    for (int x = 0; x < inside; x++) {
      FloatVector x0 = load(in0, p0 + s0, flip);
      FloatVector x1 = load(in1, p1 + s1, flip);
      FloatVector x2 = load(in2, p2 + s2, flip);
      FloatVector sum = x2.fma(w21, x1.fma(w11, x0.fma(w01, begun)));
      p0 += 2 * s0;
      p1 += 2 * s1;
      p2 += 2 * s2;
      x0 = load(in0, p0, flip);
      x1 = load(in1, p1, flip);
      x2 = load(in2, p2, flip);
      begun = x2.fma(w20, x1.fma(w10, x0.fma(w00, none)));
      x2.fma(w22, x1.fma(w12, x0.fma(w02, sum))).intoArray(sums, out);
      out += LANES;
    }
    if (inside < row.outputs()) {
      if (2 * inside - before + 1 < row.width()) {
        begun = load(in0, p0 + s0, flip).fma(w01, begun);
        begun = load(in1, p1 + s1, flip).fma(w11, begun);
        begun = load(in2, p2 + s2, flip).fma(w21, begun);
      } else {
        begun = w01.add(w11).add(w21).mul(edge).add(begun);
      }
      w02.add(w12).add(w22).mul(edge).add(begun).intoArray(sums, out);
    }
  }

  private static FloatVector load(byte[] input, int at, ByteVector flip) {
    ByteVector bytes = ByteVector.fromArray(BYTES, input, at);
    return (FloatVector) bytes.lanewise(VectorOperators.XOR, flip).castShape(FLOATS, 0);
  }
}
