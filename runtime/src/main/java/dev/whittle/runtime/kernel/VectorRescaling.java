package dev.whittle.runtime.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Makes 8-bit outputs of sums: some vectors at a time in single precision, and what that does not
 * do for once more, exactly.
 */
final class VectorRescaling {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final VectorSpecies<Integer> INTS = Vectors.INTS;
  private static final int LANES = Vectors.LANES;
  private static final float ROUNDER = Vectors.ROUNDER;
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);
  private static final int SURE_BITS = Float.floatToRawIntBits(Rescaling.SURE);

  /** Vectors of a group: in more, a doubtful lane is more likely and costs more. */
  private static final int GROUP = 16;

  /** For the vectors of a group, the lanes that single precision does not do for. */
  private final long[] doubtful = new long[GROUP];

  private final int[] wide = new int[LANES];

  /** A row that is shorter than a vector. */
  private final byte[] narrow = new byte[LANES];

  /** {@link MicroKernels#rescale}. */
  void rescale(
      float[] sums,
      int at,
      int sumStride,
      Rescaling rescaling,
      int firstColumn,
      int columns,
      int rows,
      byte[] output,
      int to,
      int outputStride) {
    if (!rescaling.isApproximate()) {
      ScalarKernels.rescaleExactly(
          sums, at, sumStride, rescaling, firstColumn, columns, rows, output, to, outputStride);
      return;
    }
    if (columns < LANES) {
      for (int row = 0; row < rows; row++) {
        group(sums, at + row * sumStride, 0, rescaling, firstColumn, 1, narrow, 0, 0);
        System.arraycopy(narrow, 0, output, to + row * outputStride, columns);
      }
      return;
    }
    for (int c = 0; c < columns; c += LANES) {
      // The last vector computes again some of what the one before it has.
      int i = Math.min(c, columns - LANES);
      for (int row = 0; row < rows; row += GROUP) {
        int from = at + row * sumStride + i;
        int place = to + row * outputStride + i;
        int count = Math.min(GROUP, rows - row);
        group(
            sums, from, sumStride, rescaling, firstColumn + i, count, output, place, outputStride);
      }
    }
  }

  /** One vector of columns, of some rows. */
  private void group(
      float[] sums,
      int at,
      int sumStride,
      Rescaling rescaling,
      int column,
      int rows,
      byte[] output,
      int to,
      int outputStride) {
    if (approximately(
        sums, at, sumStride, rescaling, column, rows, output, to, outputStride, wide)) {
      findDoubtful(sums, at, sumStride, rescaling, column, rows, doubtful);
      for (int row = 0; row < rows; row++) {
        for (long lanes = doubtful[row]; lanes != 0; lanes &= lanes - 1) {
          int lane = Long.numberOfTrailingZeros(lanes);
          int sum = (int) sums[at + row * sumStride + lane];
          output[to + row * outputStride + lane] = (byte) rescaling.apply(sum, column + lane);
        }
      }
    }
  }

  /** Rescales in single precision; returns whether that does not do for some lane. */
  private static boolean approximately(
      float[] sums,
      int at,
      int sumStride,
      Rescaling rescaling,
      int column,
      int rows,
      byte[] output,
      int to,
      int outputStride,
      int[] wide) {
    FloatVector factor = FloatVector.fromArray(FLOATS, rescaling.factor, column);
    IntVector shift = FloatVector.fromArray(FLOATS, rescaling.shift, column).reinterpretAsInts();
    IntVector sign = IntVector.broadcast(INTS, rescaling.away ? Integer.MIN_VALUE : 0);
    FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER + rescaling.zeroPoint);
    IntVector low = IntVector.broadcast(INTS, ROUNDER_BITS + rescaling.low);
    IntVector high = IntVector.broadcast(INTS, ROUNDER_BITS + rescaling.high);
    IntVector greatest = IntVector.zero(INTS);
    for (int row = 0; row < rows; row++) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, at + row * sumStride);
      // Shifts are not negative, and take the sum's sign.
      FloatVector shifted =
          sum.fma(factor, shift.or(sum.reinterpretAsInts().and(sign)).reinterpretAsFloats());
      FloatVector rounded = shifted.add(rounder);
      // Beside the rounder, whose lowest byte is zero, the bits of a whole number are its own.
      IntVector whole = rounded.reinterpretAsInts().max(low).min(high);
      Vectors.store(whole, output, to + row * outputStride, wide);
      // Magnitudes are in the order of their bits.
      IntVector fraction =
          shifted.sub(rounded.sub(rounder)).reinterpretAsInts().and(Integer.MAX_VALUE);
      greatest = greatest.max(fraction);
    }
    return greatest.compare(VectorOperators.GT, SURE_BITS).anyTrue();
  }

  /** Finds for which lanes single precision does not do. */
  private static void findDoubtful(
      float[] sums,
      int at,
      int sumStride,
      Rescaling rescaling,
      int column,
      int rows,
      long[] doubtful) {
    FloatVector factor = FloatVector.fromArray(FLOATS, rescaling.factor, column);
    IntVector shift = FloatVector.fromArray(FLOATS, rescaling.shift, column).reinterpretAsInts();
    IntVector sign = IntVector.broadcast(INTS, rescaling.away ? Integer.MIN_VALUE : 0);
    FloatVector rounder = FloatVector.broadcast(FLOATS, ROUNDER + rescaling.zeroPoint);
    for (int row = 0; row < rows; row++) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, at + row * sumStride);
      FloatVector shifted =
          sum.fma(factor, shift.or(sum.reinterpretAsInts().and(sign)).reinterpretAsFloats());
      FloatVector whole = shifted.add(rounder).sub(rounder);
      IntVector fraction = shifted.sub(whole).reinterpretAsInts().and(Integer.MAX_VALUE);
      doubtful[row] = fraction.compare(VectorOperators.GT, SURE_BITS).toLong();
    }
  }
}
