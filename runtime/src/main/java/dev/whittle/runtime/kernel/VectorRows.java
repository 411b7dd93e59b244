package dev.whittle.runtime.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** What {@link ScalarRows} computes, with vectors. */
final class VectorRows {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final VectorSpecies<Integer> INTS = Vectors.INTS;
  private static final int LANES = Vectors.LANES;

  /** The places of lanes. */
  private static final IntVector FIRST = IntVector.zero(INTS).addIndex(1);

  private VectorRows() {}

  static int place(float[] input, int at, int count, int turn) {
    if (count < LANES || Float.isNaN(input[at])) {
      return ScalarRows.place(input, at, count, turn);
    }
    IntVector best = order(FloatVector.fromArray(FLOATS, input, at), turn);
    IntVector places = FIRST;
    for (int i = LANES; i < count; i += LANES) {
      // The last vector has again some of what is before it.
      int from = Math.min(i, count - LANES);
      IntVector next = order(FloatVector.fromArray(FLOATS, input, at + from), turn);
      VectorMask<Integer> better = next.compare(VectorOperators.GT, best);
      best = best.blend(next, better);
      places = places.blend(FIRST.add(from), better);
    }
    int greatest = best.reduceLanes(VectorOperators.MAX);
    VectorMask<Integer> equal = best.compare(VectorOperators.EQ, greatest);
    return IntVector.broadcast(INTS, Integer.MAX_VALUE)
        .blend(places, equal)
        .reduceLanes(VectorOperators.MIN);
  }

  /** As {@link ScalarRows#order}. */
  private static IntVector order(FloatVector x, int turn) {
    IntVector bits = x.add(0f).reinterpretAsInts();
    IntVector signs = bits.lanewise(VectorOperators.ASHR, 31).lanewise(VectorOperators.LSHR, 1);
    IntVector ordered = bits.lanewise(VectorOperators.XOR, signs);
    VectorMask<Integer> unordered =
        bits.and(Integer.MAX_VALUE).compare(VectorOperators.GT, ScalarRows.INFINITE);
    return ordered
        .lanewise(VectorOperators.XOR, turn)
        .blend(IntVector.broadcast(INTS, Integer.MIN_VALUE), unordered);
  }

  static void softmax(float[] columns, int length, int rows, float beta) {
    int end = FLOATS.loopBound(rows);
    for (int r = 0; r < end; r += LANES) {
      FloatVector greatest = FloatVector.fromArray(FLOATS, columns, r);
      for (int i = 1; i < length; i++) {
        FloatVector x = FloatVector.fromArray(FLOATS, columns, i * rows + r);
        greatest = greatest.blend(x, greatest.lt(x));
      }
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = 0; i < length; i++) {
        FloatVector x = FloatVector.fromArray(FLOATS, columns, i * rows + r);
        FloatVector e = VectorFunctions.exp(x.sub(greatest).mul(beta));
        e.intoArray(columns, i * rows + r);
        sum = sum.add(e);
      }
      FloatVector factor = FloatVector.broadcast(FLOATS, 1).div(sum);
      for (int i = 0; i < length; i++) {
        int at = i * rows + r;
        FloatVector.fromArray(FLOATS, columns, at).mul(factor).intoArray(columns, at);
      }
    }
    ScalarRows.softmax(columns, length, rows, end, beta);
  }
}
