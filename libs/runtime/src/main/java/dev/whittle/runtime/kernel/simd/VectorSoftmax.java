package dev.whittle.runtime.kernel.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** What {@link ScalarSoftmax} computes, with vectors. */
final class VectorSoftmax {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  private VectorSoftmax() {}

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
    ScalarSoftmax.softmax(columns, length, rows, end, beta);
  }
}
