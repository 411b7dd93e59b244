package dev.whittle.runtime.kernel.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Makes whole numbers of floats, halves away from zero. */
final class VectorQuantization {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final VectorSpecies<Integer> INTS = Vectors.INTS;
  private static final int LANES = Vectors.LANES;
  private static final float ROUNDER = Vectors.ROUNDER;
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);
  private static final int HALF_BITS = Float.floatToRawIntBits(0.5f);

  /**
   * The float before one half. Added with the sign of a float and cut off, it rounds to the nearest
   * whole number, halves away from zero, as tried for all below 2^23; one half itself would round
   * its predecessor to 1.
   */
  private static final float ALMOST_HALF = 0x1.fffffep-2f;

  /** Elements of a row that are done once more if there is a half among them. */
  private static final int BLOCK = 32 * LANES;

  private VectorQuantization() {}

  /**
   * {@link MicroKernels#quantize}.
   *
   * @param wide room for one vector on its way, where bytes have no vectors so short
   */
  static void bytes(
      float[] input,
      int at,
      double scale,
      int zeroPoint,
      int low,
      int high,
      byte[] output,
      int to,
      int count,
      int[] wide) {
    int i = 0;
    FloatVector least = FloatVector.broadcast(FLOATS, low - zeroPoint);
    FloatVector most = FloatVector.broadcast(FLOATS, high - zeroPoint);
    float factor = (float) (1 / scale);
    int end = FLOATS.loopBound(count);
    for (; i < end; i += LANES) {
      FloatVector scaled = FloatVector.fromArray(FLOATS, input, at + i).mul(factor);
      FloatVector product = Vectors.clamp(scaled, least, most);
      FloatVector whole = product.add(ROUNDER).sub(ROUNDER);
      FloatVector fromHalf = product.sub(whole).abs().sub(0.5f).neg();
      // Near a half, and for NaN, single precision does not tell.
      if (fromHalf.compare(VectorOperators.GT, ScalarKernels.DOUBT).allTrue()) {
        Vectors.store(Vectors.toInts(whole.add(zeroPoint)), output, to + i, wide);
      } else {
        ScalarKernels.quantize(input, at, scale, zeroPoint, low, high, output, to, i, i + LANES);
      }
    }
    ScalarKernels.quantize(input, at, scale, zeroPoint, low, high, output, to, i, count);
  }

  /** {@link MicroKernels#quantizeRow}. */
  static void row(
      float[] input,
      int at,
      float factor,
      float zeroPoint,
      float low,
      float high,
      float[] output,
      int to,
      int count) {
    int end = FLOATS.loopBound(count);
    for (int i = 0; i < end; i += BLOCK) {
      int some = Math.min(BLOCK, end - i);
      if (!nearest(input, at + i, factor, zeroPoint, low, high, output, to + i, some)) {
        awayFromZero(input, at + i, factor, zeroPoint, low, high, output, to + i, some);
      }
    }
    ScalarKernels.quantizeRow(input, at, factor, zeroPoint, low, high, output, to, end, count);
  }

  /** Rounds halves to even numbers; returns whether there was none, nor NaN. */
  private static boolean nearest(
      float[] input,
      int at,
      float factor,
      float zeroPoint,
      float low,
      float high,
      float[] output,
      int to,
      int count) {
    IntVector least = IntVector.broadcast(INTS, ROUNDER_BITS + (int) low);
    IntVector most = IntVector.broadcast(INTS, ROUNDER_BITS + (int) high);
    IntVector greatest = IntVector.zero(INTS);
    float zero = ROUNDER + zeroPoint;
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i).mul(factor).add(zeroPoint);
      FloatVector rounded = x.add(ROUNDER);
      // Floats are in the order of their bits, but negative ones, which are less in any case.
      IntVector whole = rounded.reinterpretAsInts().max(least).min(most);
      whole.reinterpretAsFloats().sub(zero).intoArray(output, to + i);
      IntVector rest = x.sub(rounded.sub(ROUNDER)).reinterpretAsInts().and(Integer.MAX_VALUE);
      greatest = greatest.max(rest);
    }
    return greatest.compare(VectorOperators.LT, HALF_BITS).allTrue();
  }

  private static void awayFromZero(
      float[] input,
      int at,
      float factor,
      float zeroPoint,
      float low,
      float high,
      float[] output,
      int to,
      int count) {
    IntVector least = IntVector.broadcast(INTS, (int) low);
    IntVector most = IntVector.broadcast(INTS, (int) high);
    IntVector half = FloatVector.broadcast(FLOATS, ALMOST_HALF).reinterpretAsInts();
    int zero = (int) zeroPoint;
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i).mul(factor).add(zeroPoint);
      IntVector away = x.reinterpretAsInts().and(Integer.MIN_VALUE).or(half);
      IntVector rounded = Vectors.toInts(x.add(away.reinterpretAsFloats()));
      ((FloatVector) rounded.max(least).min(most).sub(zero).convert(VectorOperators.I2F, 0))
          .intoArray(output, to + i);
    }
  }
}
