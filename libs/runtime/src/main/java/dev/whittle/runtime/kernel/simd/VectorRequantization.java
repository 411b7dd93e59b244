package dev.whittle.runtime.kernel.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Requantization of accumulators to 8 bits: some vectors at a time in single precision, and those
 * lanes again exactly whose rounding single precision leaves in doubt.
 *
 * <p>The loops have indices as parameters and not in records: the compiler keeps parameters in
 * registers.
 */
final class VectorRequantization {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final VectorSpecies<Integer> INTS = Vectors.INTS;
  private static final int LANES = Vectors.LANES;
  private static final VectorOperators.Binary LSHR = VectorOperators.LSHR;
  private static final int FRACTION = (1 << PackedRequantization.FRACTION_BITS) - 1;

  /** Vectors of a group: in more, a doubtful lane is more likely and costs more. */
  private static final int GROUP = 16;

  /** For each vector of a group, a mask of the doubtful lanes. */
  private final long[] doubtful = new long[GROUP];

  /** See {@link Vectors#store}. */
  private final int[] wide = new int[LANES];

  /** A row that is shorter than a vector. */
  private final byte[] narrow = new byte[LANES];

  /** See {@link MicroKernels#requantize}. */
  void requantize(
      float[] sums,
      AccumulatorBlock block,
      PackedRequantization requantization,
      byte[] output,
      int origin) {
    if (!requantization.isApproximate()) {
      ScalarRequantization.exact(sums, block, requantization, output, origin);
    } else if (block.columns >= LANES) {
      columns(sums, block, requantization, output, origin);
    } else if (block.columns > 0) {
      fewColumns(sums, block, requantization, output, origin);
    }
  }

  private void columns(
      float[] sums,
      AccumulatorBlock block,
      PackedRequantization requantization,
      byte[] output,
      int origin) {
    int stride = block.stride;
    int outputStride = block.outputStride;
    for (int i = 0; i < block.columns; i += LANES) {
      // The last vector overlaps the one before.
      int c = Math.min(i, block.columns - LANES);
      int column = block.firstColumn + c;
      for (int row = 0; row < block.rows; row += GROUP) {
        int from = block.offset + row * stride + c;
        int to = origin + block.outputOffset + row * outputStride + c;
        int rows = Math.min(GROUP, block.rows - row);
        group(sums, from, stride, requantization, column, LANES, rows, output, to, outputStride);
      }
    }
  }

  /** Computes rows that are shorter than a vector. */
  private void fewColumns(
      float[] sums,
      AccumulatorBlock block,
      PackedRequantization requantization,
      byte[] output,
      int origin) {
    int columns = block.columns;
    int stride = block.stride;
    int first = block.firstColumn;
    int outputStride = block.outputStride;
    // Where rows are adjacent, each row replaces what the one before has stored past its end.
    int overlapping = Math.ceilDiv(LANES - columns, columns);
    int direct = outputStride == columns ? Math.max(0, block.rows - overlapping) : 0;
    for (int row = 0; row < direct; row += GROUP) {
      int from = block.offset + row * stride;
      int to = origin + block.outputOffset + row * columns;
      int rows = Math.min(GROUP, direct - row);
      group(sums, from, stride, requantization, first, columns, rows, output, to, columns);
    }
    for (int row = direct; row < block.rows; row++) {
      int from = block.offset + row * stride;
      int to = origin + block.outputOffset + row * outputStride;
      group(sums, from, 0, requantization, first, columns, 1, narrow, 0, 0);
      System.arraycopy(narrow, 0, output, to, columns);
    }
  }

  /** Computes one vector of columns of some rows; lanes from {@code columns} on may be anything. */
  private void group(
      float[] sums,
      int at,
      int stride,
      PackedRequantization requantization,
      int column,
      int columns,
      int rows,
      byte[] output,
      int to,
      int outputStride) {
    boolean hasDoubtful =
        requantization.hasTwoOrigins
            ? roundBySign(
                sums, at, stride, requantization, column, rows, output, to, outputStride, wide)
            : round(sums, at, stride, requantization, column, rows, output, to, outputStride, wide);
    if (hasDoubtful) {
      findDoubtful(sums, at, stride, requantization, column, rows, doubtful);
      for (int row = 0; row < rows; row++) {
        long mask = doubtful[row] & (-1L >>> -columns);
        for (long lanes = mask; lanes != 0; lanes &= lanes - 1) {
          int lane = Long.numberOfTrailingZeros(lanes);
          int sum = (int) sums[at + row * stride + lane];
          output[to + row * outputStride + lane] = (byte) requantization.apply(sum, column + lane);
        }
      }
    }
  }

  /** Rounds in single precision; returns whether that leaves a lane in doubt. */
  private static boolean round(
      float[] sums,
      int at,
      int stride,
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
    IntVector min = IntVector.broadcast(INTS, FRACTION);
    for (int row = 0; row < rows; row++) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, at + row * stride);
      IntVector point = sum.fma(factor, origin).reinterpretAsInts();
      // Positive floats are ordered as their bits. The lowest byte of the integer part is the
      // output.
      IntVector result =
          point.max(low).min(high).lanewise(LSHR, PackedRequantization.FRACTION_BITS);
      Vectors.store(result, output, to + row * outputStride, wide);
      min = min.min(point.and(FRACTION));
    }
    return min.compare(VectorOperators.LT, PackedRequantization.DOUBTFUL).anyTrue();
  }

  /** {@link #round} where negative sums have another origin. */
  private static boolean roundBySign(
      float[] sums,
      int at,
      int stride,
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
    IntVector min = IntVector.broadcast(INTS, FRACTION);
    for (int row = 0; row < rows; row++) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, at + row * stride);
      FloatVector origin = positive.blend(negative, sum.lt(0));
      IntVector point = sum.fma(factor, origin).reinterpretAsInts();
      IntVector result =
          point.max(low).min(high).lanewise(LSHR, PackedRequantization.FRACTION_BITS);
      Vectors.store(result, output, to + row * outputStride, wide);
      min = min.min(point.and(FRACTION));
    }
    return min.compare(VectorOperators.LT, PackedRequantization.DOUBTFUL).anyTrue();
  }

  /** Returns the bits of an output as a fixed-point number without fraction. */
  private static int bits(int output) {
    return Float.floatToRawIntBits(PackedRequantization.ORIGIN + output);
  }

  /** Finds the lanes that single precision leaves in doubt. */
  private static void findDoubtful(
      float[] sums,
      int at,
      int stride,
      PackedRequantization requantization,
      int column,
      int rows,
      long[] doubtful) {
    FloatVector factor = FloatVector.fromArray(FLOATS, requantization.factor, column);
    FloatVector positive = FloatVector.fromArray(FLOATS, requantization.origin, column);
    FloatVector negative = FloatVector.fromArray(FLOATS, requantization.negativeOrigin, column);
    for (int row = 0; row < rows; row++) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, at + row * stride);
      FloatVector origin = positive.blend(negative, sum.lt(0));
      IntVector fraction = sum.fma(factor, origin).reinterpretAsInts().and(FRACTION);
      doubtful[row] = fraction.compare(VectorOperators.LT, PackedRequantization.DOUBTFUL).toLong();
    }
  }
}
