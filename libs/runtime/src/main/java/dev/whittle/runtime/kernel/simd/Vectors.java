package dev.whittle.runtime.kernel.simd;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** What the micro-kernels' vectors are, and what all of them do with them. */
final class Vectors {
  /** Bits of a vector, if not as many as the processor has: to test on one what others run. */
  private static final int BITS =
      Integer.getInteger("whittle.vector.bits", FloatVector.SPECIES_PREFERRED.vectorBitSize());

  static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(BITS));

  /** Floats of a vector. */
  static final int LANES = FLOATS.length();

  static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());

  /** Vectors of as many bytes as of floats; of more where there are none that short. */
  static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * LANES)));

  /** Whether there are vectors of as many bytes as of floats. */
  static final boolean HAS_BYTES = BYTES.length() == LANES;

  /** Vectors of as many bytes as a vector of floats has. */
  static final VectorSpecies<Byte> WHOLE_BYTES = VectorSpecies.of(byte.class, FLOATS.vectorShape());

  /** Adding and subtracting it rounds a float to the nearest whole number. */
  static final float ROUNDER = ScalarFunctions.ROUNDER;

  private Vectors() {}

  /** Compared and blended: {@code max} and {@code min} look after NaN and zeros, at length. */
  static FloatVector clamp(FloatVector x, FloatVector low, FloatVector high) {
    FloatVector raised = x.blend(low, x.lt(low));
    return raised.blend(high, raised.compare(VectorOperators.GT, high));
  }

  static IntVector toInts(FloatVector whole) {
    return (IntVector) whole.convert(VectorOperators.F2I, 0);
  }

  /**
   * Stores numbers as bytes.
   *
   * @param wide room for one vector on its way, where bytes have no vectors so short
   */
  static void store(IntVector whole, byte[] output, int to, int[] wide) {
    if (HAS_BYTES) {
      ((ByteVector) whole.castShape(BYTES, 0)).intoArray(output, to);
      return;
    }
    whole.intoArray(wide, 0);
    for (int lane = 0; lane < LANES; lane++) {
      output[to + lane] = (byte) wide[lane];
    }
  }

  /** A vector of adjacent floats, or of one float where {@code step} is 0. */
  static FloatVector load(float[] array, int at, int i, int step) {
    return step == 0
        ? FloatVector.broadcast(FLOATS, array[at])
        : FloatVector.fromArray(FLOATS, array, at + i);
  }
}
