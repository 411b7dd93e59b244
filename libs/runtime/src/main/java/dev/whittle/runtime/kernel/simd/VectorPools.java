package dev.whittle.runtime.kernel.simd;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The greatest and the mean of some rows, some channels at a time. They are clamped in a loop of
 * its own: the compiler may decide against inlining what is called behind the end of a loop.
 */
final class VectorPools {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final VectorSpecies<Byte> BYTES = Vectors.BYTES;
  private static final VectorSpecies<Byte> WHOLE_BYTES = Vectors.WHOLE_BYTES;
  private static final boolean HAS_BYTES = Vectors.HAS_BYTES;
  private static final int LANES = Vectors.LANES;

  private VectorPools() {}

  /** {@link MicroKernels#maximum}. */
  static void maximum(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float[] output,
      int to,
      float min,
      float max) {
    int c = 0;
    int end = FLOATS.loopBound(channels);
    for (; c < end; c += LANES) {
      FloatVector greatest = FloatVector.fromArray(FLOATS, input, rows[0] + c);
      for (int i = 1; i < count; i++) {
        FloatVector x = FloatVector.fromArray(FLOATS, input, rows[i] + c);
        greatest = greatest.blend(x, greatest.lt(x));
      }
      greatest.intoArray(output, to + c);
    }
    VectorClamp.rows(output, to, end, 1, end, min, max);
    ScalarPools.maximum(input, rows, count, c, channels, output, to, min, max);
  }

  /** {@link MicroKernels#average}. */
  static void average(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float factor,
      float[] output,
      int to,
      float min,
      float max) {
    int c = 0;
    int end = FLOATS.loopBound(channels);
    for (; c < end; c += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, input, rows[0] + c);
      for (int i = 1; i < count; i++) {
        sum = sum.add(FloatVector.fromArray(FLOATS, input, rows[i] + c));
      }
      sum.mul(factor).intoArray(output, to + c);
    }
    VectorClamp.rows(output, to, end, 1, end, min, max);
    ScalarPools.average(input, rows, count, c, channels, factor, output, to, min, max);
  }

  /** {@link MicroKernels#maximum}. */
  static void maximum(
      byte[] input,
      boolean unsigned,
      int[] rows,
      int count,
      int channels,
      byte[] output,
      int to,
      int low,
      int high) {
    // Unsigned bytes are in the order of signed ones whose first bit is the other one.
    int flip = unsigned ? Byte.MIN_VALUE : 0;
    byte least = (byte) (low ^ flip);
    byte most = (byte) (high ^ flip);
    int c = 0;
    for (int end = WHOLE_BYTES.loopBound(channels); c < end; c += WHOLE_BYTES.length()) {
      ByteVector greatest = ByteVector.broadcast(WHOLE_BYTES, least);
      for (int i = 0; i < count; i++) {
        ByteVector x = ByteVector.fromArray(WHOLE_BYTES, input, rows[i] + c);
        greatest = greatest.max(x.lanewise(VectorOperators.XOR, (byte) flip));
      }
      greatest.min(most).lanewise(VectorOperators.XOR, (byte) flip).intoArray(output, to + c);
    }
    if (HAS_BYTES) {
      for (int end = c + BYTES.loopBound(channels - c); c < end; c += LANES) {
        ByteVector greatest = ByteVector.broadcast(BYTES, least);
        for (int i = 0; i < count; i++) {
          ByteVector x = ByteVector.fromArray(BYTES, input, rows[i] + c);
          greatest = greatest.max(x.lanewise(VectorOperators.XOR, (byte) flip));
        }
        greatest.min(most).lanewise(VectorOperators.XOR, (byte) flip).intoArray(output, to + c);
      }
    }
    ScalarPools.maximum(input, unsigned, rows, count, c, channels, output, to, low, high);
  }

  /**
   * {@link MicroKernels#mean}.
   *
   * @param wide room for one vector on its way to bytes
   */
  static void mean(
      int[] wide,
      float[] input,
      int[] rows,
      int count,
      int channels,
      byte[] output,
      int to,
      int low,
      int high) {
    IntVector half = FloatVector.broadcast(FLOATS, count / 2).reinterpretAsInts();
    int c = 0;
    for (int end = FLOATS.loopBound(channels); c < end; c += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, input, rows[0] + c);
      for (int i = 1; i < count; i++) {
        sum = sum.add(FloatVector.fromArray(FLOATS, input, rows[i] + c));
      }
      IntVector away = sum.reinterpretAsInts().and(Integer.MIN_VALUE).or(half);
      FloatVector quotient = sum.add(away.reinterpretAsFloats()).div(count);
      IntVector whole = (IntVector) quotient.convert(VectorOperators.F2I, 0);
      Vectors.store(whole.max(low).min(high), output, to + c, wide);
    }
    ScalarPools.mean(input, rows, count, c, channels, output, to, low, high);
  }
}
