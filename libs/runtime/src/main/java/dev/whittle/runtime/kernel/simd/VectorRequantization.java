package dev.whittle.runtime.kernel.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Makes 8-bit outputs of sums: some vectors at a time in single precision, and what that does not
 * do for once more, exactly.
 */
final class VectorRequantization {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final VectorSpecies<Integer> INTS = Vectors.INTS;
  private static final int LANES = Vectors.LANES;
  private static final VectorOperators.Binary LSHR = VectorOperators.LSHR;
  private static final int FRACTION = (1 << PackedRequantization.FRACTION_BITS) - 1;

  /** Vectors of a group: in more, a doubtful lane is more likely and costs more. */
  private static final int GROUP = 16;

  /** For the vectors of a group, the lanes that single precision does not do for. */
  private final long[] doubtful = new long[GROUP];

  private final int[] wide = new int[LANES];

  /** A row that is shorter than a vector. */
  private final byte[] narrow = new byte[LANES];

  /** {@link MicroKernels#requantize}. */
  void requantize(
      float[] sums,
      int at,
      int sumStride,
      PackedRequantization requantization,
      int firstColumn,
      int columns,
      int rows,
      byte[] output,
      int to,
      int outputStride) {
    if (!requantization.isApproximate()) {
      ScalarKernels.requantizeExactly(
          sums,
          at,
          sumStride,
          requantization,
          firstColumn,
          columns,
          rows,
          output,
          to,
          outputStride);
      return;
    }
    if (columns == 0) {
      return;
    }
    if (columns < LANES) {
      // Of adjacent rows, what is stored beyond one's end is replaced by the next.
      int spare = Math.ceilDiv(LANES - columns, columns);
      int through = outputStride == columns ? Math.max(0, rows - spare) : 0;
      for (int row = 0; row < through; row += GROUP) {
        int from = at + row * sumStride;
        int count = Math.min(GROUP, through - row);
        int place = to + row * columns;
        group(
            sums,
            from,
            sumStride,
            requantization,
            firstColumn,
            columns,
            count,
            output,
            place,
            columns);
      }
      for (int row = through; row < rows; row++) {
        int from = at + row * sumStride;
        group(sums, from, 0, requantization, firstColumn, columns, 1, narrow, 0, 0);
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
        int first = firstColumn + i;
        group(
            sums,
            from,
            sumStride,
            requantization,
            first,
            LANES,
            count,
            output,
            place,
            outputStride);
      }
    }
  }

  /** One vector of columns, of some rows; what is beyond {@code columns} is as good as any. */
  private void group(
      float[] sums,
      int at,
      int sumStride,
      PackedRequantization requantization,
      int column,
      int columns,
      int rows,
      byte[] output,
      int to,
      int outputStride) {
    boolean hasDoubtful =
        requantization.hasTwoOrigins
            ? signedApproximately(
                sums, at, sumStride, requantization, column, rows, output, to, outputStride, wide)
            : approximately(
                sums, at, sumStride, requantization, column, rows, output, to, outputStride, wide);
    if (hasDoubtful) {
      findDoubtful(sums, at, sumStride, requantization, column, rows, doubtful);
      for (int row = 0; row < rows; row++) {
        long there = doubtful[row] & (-1L >>> -columns);
        for (long lanes = there; lanes != 0; lanes &= lanes - 1) {
          int lane = Long.numberOfTrailingZeros(lanes);
          int sum = (int) sums[at + row * sumStride + lane];
          output[to + row * outputStride + lane] = (byte) requantization.apply(sum, column + lane);
        }
      }
    }
  }

  /** Rescales in single precision; returns whether that does not do for some lane. */
  private static boolean approximately(
      float[] sums,
      int at,
      int sumStride,
      PackedRequantization requantization,
      int column,
      int rows,
      byte[] output,
      int to,
      int outputStride,
      int[] wide) {
    FloatVector factor = FloatVector.fromArray(FLOATS, requantization.factor, column);
    FloatVector origin = FloatVector.fromArray(FLOATS, requantization.origin, column);
    IntVector low = IntVector.broadcast(INTS, bits(requantization.low));
    IntVector high = IntVector.broadcast(INTS, bits(requantization.high));
    IntVector least = IntVector.broadcast(INTS, FRACTION);
    for (int row = 0; row < rows; row++) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, at + row * sumStride);
      IntVector point = sum.fma(factor, origin).reinterpretAsInts();
      // Floats are in the order of their bits; the lowest byte of the whole part is the output.
      IntVector whole = point.max(low).min(high).lanewise(LSHR, PackedRequantization.FRACTION_BITS);
      Vectors.store(whole, output, to + row * outputStride, wide);
      least = least.min(point.and(FRACTION));
    }
    return least.compare(VectorOperators.LT, PackedRequantization.DOUBTFUL).anyTrue();
  }

  /** The same where negative sums have another origin. */
  private static boolean signedApproximately(
      float[] sums,
      int at,
      int sumStride,
      PackedRequantization requantization,
      int column,
      int rows,
      byte[] output,
      int to,
      int outputStride,
      int[] wide) {
    FloatVector factor = FloatVector.fromArray(FLOATS, requantization.factor, column);
    FloatVector positive = FloatVector.fromArray(FLOATS, requantization.origin, column);
    FloatVector negative = FloatVector.fromArray(FLOATS, requantization.negativeOrigin, column);
    IntVector low = IntVector.broadcast(INTS, bits(requantization.low));
    IntVector high = IntVector.broadcast(INTS, bits(requantization.high));
    IntVector least = IntVector.broadcast(INTS, FRACTION);
    for (int row = 0; row < rows; row++) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, at + row * sumStride);
      FloatVector origin = positive.blend(negative, sum.lt(0));
      IntVector point = sum.fma(factor, origin).reinterpretAsInts();
      IntVector whole = point.max(low).min(high).lanewise(LSHR, PackedRequantization.FRACTION_BITS);
      Vectors.store(whole, output, to + row * outputStride, wide);
      least = least.min(point.and(FRACTION));
    }
    return least.compare(VectorOperators.LT, PackedRequantization.DOUBTFUL).anyTrue();
  }

  /** The bits of a point without fraction. */
  private static int bits(int output) {
    return Float.floatToRawIntBits(PackedRequantization.ORIGIN + output);
  }

  /** Finds for which lanes single precision does not do. */
  private static void findDoubtful(
      float[] sums,
      int at,
      int sumStride,
      PackedRequantization requantization,
      int column,
      int rows,
      long[] doubtful) {
    FloatVector factor = FloatVector.fromArray(FLOATS, requantization.factor, column);
    FloatVector positive = FloatVector.fromArray(FLOATS, requantization.origin, column);
    FloatVector negative = FloatVector.fromArray(FLOATS, requantization.negativeOrigin, column);
    for (int row = 0; row < rows; row++) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, at + row * sumStride);
      FloatVector origin = positive.blend(negative, sum.lt(0));
      IntVector fraction = sum.fma(factor, origin).reinterpretAsInts().and(FRACTION);
      doubtful[row] = fraction.compare(VectorOperators.LT, PackedRequantization.DOUBTFUL).toLong();
    }
  }
}
