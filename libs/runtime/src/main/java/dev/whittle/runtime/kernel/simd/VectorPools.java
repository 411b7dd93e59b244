package dev.whittle.runtime.kernel.simd;

import dev.whittle.ir.op.Activation.Bounds;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Maxima and means of rows, a vector of channels at a time. Results are clamped in a loop of their
 * own: the compiler may not inline calls after the end of a loop.
 */
final class VectorPools {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final VectorSpecies<Byte> BYTES = Vectors.BYTES;
  private static final VectorSpecies<Byte> WIDE_BYTES = Vectors.WIDE_BYTES;
  private static final boolean HAS_BYTES = Vectors.HAS_BYTES;
  private static final int LANES = Vectors.LANES;

  private VectorPools() {}

  /** See {@link MicroKernels#maximum}. */
  static void maximum(
      float[] input, int[] rows, int count, int channels, float[] output, int to, Clamp clamp) {
    int c = 0;
    int end = FLOATS.loopBound(channels);
    for (; c < end; c += LANES) {
      FloatVector max = FloatVector.broadcast(FLOATS, -Float.MAX_VALUE);
      for (int i = 0; i < count; i++) {
        FloatVector x = FloatVector.fromArray(FLOATS, input, rows[i] + c);
        max = max.blend(x, max.lt(x));
      }
      max.intoArray(output, to + c);
    }
    VectorClamp.rows(output, to, end, 1, end, clamp);
    ScalarPools.maximum(input, rows, count, c, channels, output, to, clamp);
  }

  /** See {@link MicroKernels#average}. */
  static void average(
      float[] input,
      int[] rows,
      int count,
      int channels,
      float factor,
      float[] output,
      int to,
      Clamp clamp) {
    int c = 0;
    int end = FLOATS.loopBound(channels);
    for (; c < end; c += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, input, rows[0] + c);
      for (int i = 1; i < count; i++) {
        sum = sum.add(FloatVector.fromArray(FLOATS, input, rows[i] + c));
      }
      sum.mul(factor).intoArray(output, to + c);
    }
    VectorClamp.rows(output, to, end, 1, end, clamp);
    ScalarPools.average(input, rows, count, c, channels, factor, output, to, clamp);
  }

  /** See {@link MicroKernels#maximum}. */
  static void maximum(
      byte[] input,
      boolean unsigned,
      int[] rows,
      int count,
      int channels,
      byte[] output,
      int to,
      Bounds bounds) {
    // Unsigned bytes are ordered as signed ones with the first bit flipped.
    int flip = unsigned ? Byte.MIN_VALUE : 0;
    byte low = (byte) (bounds.low() ^ flip);
    byte high = (byte) (bounds.high() ^ flip);
    int c = 0;
    for (int end = WIDE_BYTES.loopBound(channels); c < end; c += WIDE_BYTES.length()) {
      ByteVector max = ByteVector.broadcast(WIDE_BYTES, low);
      for (int i = 0; i < count; i++) {
        ByteVector x = ByteVector.fromArray(WIDE_BYTES, input, rows[i] + c);
        max = max.max(x.lanewise(VectorOperators.XOR, (byte) flip));
      }
      max.min(high).lanewise(VectorOperators.XOR, (byte) flip).intoArray(output, to + c);
    }
    if (HAS_BYTES) {
      for (int end = c + BYTES.loopBound(channels - c); c < end; c += LANES) {
        ByteVector max = ByteVector.broadcast(BYTES, low);
        for (int i = 0; i < count; i++) {
          ByteVector x = ByteVector.fromArray(BYTES, input, rows[i] + c);
          max = max.max(x.lanewise(VectorOperators.XOR, (byte) flip));
        }
        max.min(high).lanewise(VectorOperators.XOR, (byte) flip).intoArray(output, to + c);
      }
    }
    ScalarPools.maximum(input, unsigned, rows, count, c, channels, output, to, bounds);
  }

  /**
   * See {@link MicroKernels#mean}.
   *
   * @param wide see {@link Vectors#store}
   */
  static void mean(
      int[] wide,
      float[] input,
      int[] rows,
      int count,
      int channels,
      byte[] output,
      int to,
      Bounds bounds) {
    IntVector half = FloatVector.broadcast(FLOATS, count / 2).reinterpretAsInts();
    int low = bounds.low();
    int high = bounds.high();
    int c = 0;
    for (int end = FLOATS.loopBound(channels); c < end; c += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, input, rows[0] + c);
      for (int i = 1; i < count; i++) {
        sum = sum.add(FloatVector.fromArray(FLOATS, input, rows[i] + c));
      }
      IntVector signedHalf = sum.reinterpretAsInts().and(Integer.MIN_VALUE).or(half);
      FloatVector quotient = sum.add(signedHalf.reinterpretAsFloats()).div(count);
      IntVector mean = (IntVector) quotient.convert(VectorOperators.F2I, 0);
      Vectors.store(mean.max(low).min(high), output, to + c, wide);
    }
    ScalarPools.mean(input, rows, count, c, channels, output, to, bounds);
  }
}
