package dev.whittle.runtime.kernel.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Clamps as passes of their own, for loops that would be too long for the compiler with clamps in
 * them.
 */
final class VectorClamp {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  private VectorClamp() {}

  /** See {@link MicroKernels#clamp}. */
  static void clamp(float[] input, int at, float[] output, int to, int count, Clamp clamp) {
    if (clamp.max() == Float.POSITIVE_INFINITY) {
      raise(input, at, output, to, count, clamp.min());
      return;
    }
    FloatVector min = FloatVector.broadcast(FLOATS, clamp.min());
    FloatVector max = FloatVector.broadcast(FLOATS, clamp.max());
    int i = 0;
    int end = FLOATS.loopBound(count);
    for (; i < end; i += LANES) {
      // Written out: where this is rarely called, a method with vectors as parameters would not be
      // inlined, and the vectors allocated.
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector raised = x.blend(min, x.lt(min));
      raised.blend(max, raised.compare(VectorOperators.GT, max)).intoArray(output, to + i);
    }
    for (; i < count; i++) {
      output[to + i] = ScalarFunctions.clamp(input[at + i], clamp.min(), clamp.max());
    }
  }

  private static void raise(float[] input, int at, float[] output, int to, int count, float min) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    int i = 0;
    int end = FLOATS.loopBound(count);
    for (; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.blend(low, x.lt(low)).intoArray(output, to + i);
    }
    for (; i < count; i++) {
      output[to + i] = input[at + i] < min ? min : input[at + i];
    }
  }

  /** Clamps some columns of rows in place. */
  static void rows(float[] output, int at, int stride, int rows, int columns, Clamp clamp) {
    if (columns == 0 || clamp.isNone()) {
      return;
    }
    boolean adjacent = columns == stride;
    int runs = adjacent ? 1 : rows;
    int length = adjacent ? rows * columns : columns;
    for (int run = 0; run < runs; run++) {
      int from = at + run * stride;
      clamp(output, from, output, from, length, clamp);
    }
  }

  /** Clamps some columns of pixels in place; pixels of index -1 are left out. */
  static void pixels(
      float[] output, int[] indices, int count, int column, int columns, Clamp clamp) {
    if (clamp.isNone()) {
      return;
    }
    for (int i = 0; i < count; i++) {
      int at = indices[i] + column;
      if (indices[i] >= 0) {
        clamp(output, at, output, at, columns, clamp);
      }
    }
  }
}
