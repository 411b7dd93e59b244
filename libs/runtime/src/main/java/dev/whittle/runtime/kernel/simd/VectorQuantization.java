package dev.whittle.runtime.kernel.simd;

import dev.whittle.ir.op.Activation.Bounds;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Quantization of floats, with ties rounded away from zero. */
final class VectorQuantization {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final VectorSpecies<Integer> INTS = Vectors.INTS;
  private static final int LANES = Vectors.LANES;
  private static final float ROUNDER = Vectors.ROUNDER;
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);
  private static final int HALF_BITS = Float.floatToRawIntBits(0.5f);

  /** The greatest error of quotients below 512 in single precision. */
  private static final float MAX_ERROR = 512 * 4 * 0x1p-24f;

  /**
   * The float before one half. Adding it with the sign of a float below 2^23 and truncating rounds
   * to the nearest integer, ties away from zero; one half would round its predecessor to 1.
   */
  private static final float ALMOST_HALF = 0x1.fffffep-2f;

  /** Elements of a row that are rounded again if there is a tie among them. */
  private static final int BLOCK = 32 * LANES;

  private VectorQuantization() {}

  /**
   * See {@link MicroKernels#quantize}.
   *
   * @param wide see {@link Vectors#store}
   */
  static void quantize(
      float[] input,
      int at,
      double scale,
      int zeroPoint,
      Bounds bounds,
      byte[] output,
      int to,
      int count,
      int[] wide) {
    int i = 0;
    FloatVector low = FloatVector.broadcast(FLOATS, bounds.low() - zeroPoint);
    FloatVector high = FloatVector.broadcast(FLOATS, bounds.high() - zeroPoint);
    float factor = (float) (1 / scale);
    int end = FLOATS.loopBound(count);
    for (; i < end; i += LANES) {
      FloatVector scaled = FloatVector.fromArray(FLOATS, input, at + i).mul(factor);
      FloatVector clamped = Vectors.clamp(scaled, low, high);
      FloatVector rounded = clamped.add(ROUNDER).sub(ROUNDER);
      FloatVector fromTie = clamped.sub(rounded).abs().sub(0.5f).neg();
      // Single precision leaves numbers near a tie, and NaN, in doubt.
      if (fromTie.compare(VectorOperators.GT, MAX_ERROR).allTrue()) {
        Vectors.store(Vectors.toInts(rounded.add(zeroPoint)), output, to + i, wide);
      } else {
        ScalarKernels.quantize(input, at, scale, zeroPoint, bounds, output, to, i, i + LANES);
      }
    }
    ScalarKernels.quantize(input, at, scale, zeroPoint, bounds, output, to, i, count);
  }

  /** See {@link MicroKernels#quantizeRow}. */
  static void quantizeRow(
      float[] input, int at, RowQuantization quantization, float[] output, int to, int count) {
    int end = FLOATS.loopBound(count);
    for (int i = 0; i < end; i += BLOCK) {
      int some = Math.min(BLOCK, end - i);
      if (!roundToEven(input, at + i, quantization, output, to + i, some)) {
        roundAwayFromZero(input, at + i, quantization, output, to + i, some);
      }
    }
    ScalarKernels.quantizeRow(input, at, quantization, output, to, end, count);
  }

  /** Rounds ties to even integers; returns whether there is neither a tie nor NaN. */
  private static boolean roundToEven(
      float[] input, int at, RowQuantization quantization, float[] output, int to, int count) {
    float factor = quantization.factor;
    float zeroPoint = quantization.zeroPoint;
    IntVector low = IntVector.broadcast(INTS, ROUNDER_BITS + quantization.low);
    IntVector high = IntVector.broadcast(INTS, ROUNDER_BITS + quantization.high);
    IntVector maxDistance = IntVector.zero(INTS);
    float zero = ROUNDER + zeroPoint;
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i).mul(factor).add(zeroPoint);
      FloatVector rounded = x.add(ROUNDER);
      // Positive floats are ordered as their bits, and the bits of negative floats are less.
      IntVector clamped = rounded.reinterpretAsInts().max(low).min(high);
      clamped.reinterpretAsFloats().sub(zero).intoArray(output, to + i);
      IntVector distance = x.sub(rounded.sub(ROUNDER)).reinterpretAsInts().and(Integer.MAX_VALUE);
      maxDistance = maxDistance.max(distance);
    }
    return maxDistance.compare(VectorOperators.LT, HALF_BITS).allTrue();
  }

  private static void roundAwayFromZero(
      float[] input, int at, RowQuantization quantization, float[] output, int to, int count) {
    float factor = quantization.factor;
    float zeroPoint = quantization.zeroPoint;
    IntVector low = IntVector.broadcast(INTS, quantization.low);
    IntVector high = IntVector.broadcast(INTS, quantization.high);
    IntVector half = FloatVector.broadcast(FLOATS, ALMOST_HALF).reinterpretAsInts();
    int zero = quantization.zeroPoint;
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i).mul(factor).add(zeroPoint);
      IntVector signedHalf = x.reinterpretAsInts().and(Integer.MIN_VALUE).or(half);
      IntVector rounded = Vectors.toInts(x.add(signedHalf.reinterpretAsFloats()));
      ((FloatVector) rounded.max(low).min(high).sub(zero).convert(VectorOperators.I2F, 0))
          .intoArray(output, to + i);
    }
  }
}
