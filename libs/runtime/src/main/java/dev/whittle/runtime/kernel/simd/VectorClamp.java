package dev.whittle.runtime.kernel.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Clamps as passes of their own over what loops have stored that would be too long for the compiler
 * with clamps in them.
 */
final class VectorClamp {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  private VectorClamp() {}

  /** {@link MicroKernels#clamp}. */
  static void clamp(
      float[] input, int at, float[] output, int to, int count, float min, float max) {
    if (max == Float.POSITIVE_INFINITY) {
      raise(input, at, output, to, count, min);
      return;
    }
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    int i = 0;
    int end = FLOATS.loopBound(count);
    for (; i < end; i += LANES) {
      // Not by a method with vectors for operands: where this is seldom called, it would not be
      // inlined, and vectors allocated.
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector raised = x.blend(low, x.lt(low));
      raised.blend(high, raised.compare(VectorOperators.GT, high)).intoArray(output, to + i);
    }
    for (; i < count; i++) {
      output[to + i] = ScalarFunctions.clamp(input[at + i], min, max);
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
  static void rows(
      float[] output, int at, int stride, int rows, int columns, float min, float max) {
    if (columns == 0 || isNone(min, max)) {
      return;
    }
    boolean adjacent = columns == stride;
    int runs = adjacent ? 1 : rows;
    int length = adjacent ? rows * columns : columns;
    for (int run = 0; run < runs; run++) {
      clamp(output, at + run * stride, output, at + run * stride, length, min, max);
    }
  }

  /** Clamps some columns of the pixels at {@code places}, those of -1 left out. */
  static void pixels(
      float[] output, int[] places, int count, int column, int columns, float min, float max) {
    if (isNone(min, max)) {
      return;
    }
    for (int i = 0; i < count; i++) {
      int at = places[i] + column;
      if (places[i] >= 0) {
        clamp(output, at, output, at, columns, min, max);
      }
    }
  }

  private static boolean isNone(float min, float max) {
    return min == Float.NEGATIVE_INFINITY && max == Float.POSITIVE_INFINITY;
  }
}
