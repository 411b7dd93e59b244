package dev.whittle.runtime.kernel.simd;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The transforms of Winograd's F(2x2, 3x3) before and after the products (Lavin and Gray, "Fast
 * Algorithms for Convolutional Neural Networks", 2015), a vector of channels at a time. The tiles
 * are unrolled because vectors in arrays would be objects, hence the methods' lengths.
 */
final class VectorWinograd {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  private VectorWinograd() {}

  /**
   * See {@link MicroKernels#winogradInputs}; of at least as many channels as a vector has lanes.
   */
  static void inputs(
      float[] input, int[] indices, int tiles, int channels, float[] output, int step) {
    for (int tile = 0; tile < tiles; tile++) {
      inputs(input, indices, 16 * tile, channels, output, tile * channels, step);
    }
  }

  /** Transforms one tile {@code d} to {@code B' d B}: its rows, then its columns. */
  private static void inputs(
      float[] input, int[] indices, int p, int channels, float[] output, int to, int step) {
    for (int i = 0; i < channels; i += LANES) {
      // The last vector overlaps the one before.
      int c = Math.min(i, channels - LANES);
      FloatVector a = FloatVector.fromArray(FLOATS, input, indices[p] + c);
      FloatVector b = FloatVector.fromArray(FLOATS, input, indices[p + 4] + c);
      FloatVector d = FloatVector.fromArray(FLOATS, input, indices[p + 8] + c);
      FloatVector e = FloatVector.fromArray(FLOATS, input, indices[p + 12] + c);
      FloatVector r00 = a.sub(d);
      FloatVector r10 = b.add(d);
      FloatVector r20 = d.sub(b);
      FloatVector r30 = b.sub(e);
      a = FloatVector.fromArray(FLOATS, input, indices[p + 1] + c);
      b = FloatVector.fromArray(FLOATS, input, indices[p + 5] + c);
      d = FloatVector.fromArray(FLOATS, input, indices[p + 9] + c);
      e = FloatVector.fromArray(FLOATS, input, indices[p + 13] + c);
      FloatVector r01 = a.sub(d);
      FloatVector r11 = b.add(d);
      FloatVector r21 = d.sub(b);
      FloatVector r31 = b.sub(e);
      a = FloatVector.fromArray(FLOATS, input, indices[p + 2] + c);
      b = FloatVector.fromArray(FLOATS, input, indices[p + 6] + c);
      d = FloatVector.fromArray(FLOATS, input, indices[p + 10] + c);
      e = FloatVector.fromArray(FLOATS, input, indices[p + 14] + c);
      FloatVector r02 = a.sub(d);
      FloatVector r12 = b.add(d);
      FloatVector r22 = d.sub(b);
      FloatVector r32 = b.sub(e);
      a = FloatVector.fromArray(FLOATS, input, indices[p + 3] + c);
      b = FloatVector.fromArray(FLOATS, input, indices[p + 7] + c);
      d = FloatVector.fromArray(FLOATS, input, indices[p + 11] + c);
      e = FloatVector.fromArray(FLOATS, input, indices[p + 15] + c);
      FloatVector r03 = a.sub(d);
      FloatVector r13 = b.add(d);
      FloatVector r23 = d.sub(b);
      FloatVector r33 = b.sub(e);
      int at = to + c;
      r00.sub(r02).intoArray(output, at);
      r01.add(r02).intoArray(output, at + step);
      r02.sub(r01).intoArray(output, at + 2 * step);
      r01.sub(r03).intoArray(output, at + 3 * step);
      at += 4 * step;
      r10.sub(r12).intoArray(output, at);
      r11.add(r12).intoArray(output, at + step);
      r12.sub(r11).intoArray(output, at + 2 * step);
      r11.sub(r13).intoArray(output, at + 3 * step);
      at += 4 * step;
      r20.sub(r22).intoArray(output, at);
      r21.add(r22).intoArray(output, at + step);
      r22.sub(r21).intoArray(output, at + 2 * step);
      r21.sub(r23).intoArray(output, at + 3 * step);
      at += 4 * step;
      r30.sub(r32).intoArray(output, at);
      r31.add(r32).intoArray(output, at + step);
      r32.sub(r31).intoArray(output, at + 2 * step);
      r31.sub(r33).intoArray(output, at + 3 * step);
    }
  }

  /**
   * See {@link MicroKernels#winogradOutputs}; of at least as many columns as a vector has lanes.
   */
  static void outputs(
      float[] sums,
      int tiles,
      int width,
      int columns,
      float[] output,
      int[] indices,
      int column,
      Clamp clamp) {
    int step = tiles * width;
    for (int tile = 0; tile < tiles; tile++) {
      outputs(sums, tile * width, step, columns, output, indices, 4 * tile, column);
    }
    VectorClamp.pixels(output, indices, 4 * tiles, column, columns, clamp);
  }

  /** Transforms one tile {@code m} to {@code A' m A}: its rows, then its columns. */
  private static void outputs(
      float[] sums,
      int from,
      int step,
      int columns,
      float[] output,
      int[] indices,
      int p,
      int column) {
    int p00 = indices[p];
    int p01 = indices[p + 1];
    int p10 = indices[p + 2];
    int p11 = indices[p + 3];
    for (int i = 0; i < columns; i += LANES) {
      int c = Math.min(i, columns - LANES);
      int at = from + c;
      FloatVector a = FloatVector.fromArray(FLOATS, sums, at + 4 * step);
      FloatVector b = FloatVector.fromArray(FLOATS, sums, at + 8 * step);
      FloatVector u0 = FloatVector.fromArray(FLOATS, sums, at).add(a).add(b);
      FloatVector v0 = a.sub(b).sub(FloatVector.fromArray(FLOATS, sums, at + 12 * step));
      a = FloatVector.fromArray(FLOATS, sums, at + 5 * step);
      b = FloatVector.fromArray(FLOATS, sums, at + 9 * step);
      FloatVector u1 = FloatVector.fromArray(FLOATS, sums, at + step).add(a).add(b);
      FloatVector v1 = a.sub(b).sub(FloatVector.fromArray(FLOATS, sums, at + 13 * step));
      a = FloatVector.fromArray(FLOATS, sums, at + 6 * step);
      b = FloatVector.fromArray(FLOATS, sums, at + 10 * step);
      FloatVector u2 = FloatVector.fromArray(FLOATS, sums, at + 2 * step).add(a).add(b);
      FloatVector v2 = a.sub(b).sub(FloatVector.fromArray(FLOATS, sums, at + 14 * step));
      a = FloatVector.fromArray(FLOATS, sums, at + 7 * step);
      b = FloatVector.fromArray(FLOATS, sums, at + 11 * step);
      FloatVector u3 = FloatVector.fromArray(FLOATS, sums, at + 3 * step).add(a).add(b);
      FloatVector v3 = a.sub(b).sub(FloatVector.fromArray(FLOATS, sums, at + 15 * step));
      int to = column + c;
      u0.add(u1).add(u2).intoArray(output, p00 + to);
      if (p01 >= 0) {
        u1.sub(u2).sub(u3).intoArray(output, p01 + to);
      }
      if (p10 >= 0) {
        v0.add(v1).add(v2).intoArray(output, p10 + to);
      }
      if (p11 >= 0) {
        v1.sub(v2).sub(v3).intoArray(output, p11 + to);
      }
    }
  }

  /** See {@link MicroKernels#winogradSums}. */
  static void sums(float[] sums, int tiles, int width, int[] indices) {
    int step = tiles * width;
    for (int tile = 0; tile < tiles; tile++) {
      sums(sums, tile * width, step, width, indices[2 * tile], indices[2 * tile + 1]);
    }
  }

  /**
   * {@link #outputs} in integers. The inner rows and columns of the filters have been doubled: the
   * outer ones of the products count twice, and the results are divided by four.
   */
  private static void sums(float[] sums, int from, int step, int width, int above, int below) {
    for (int c = 0; c < width; c += LANES) {
      int at = from + c;
      IntVector a =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 4 * step).convert(VectorOperators.F2I, 0);
      IntVector b =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 8 * step).convert(VectorOperators.F2I, 0);
      IntVector d =
          (IntVector) FloatVector.fromArray(FLOATS, sums, at).convert(VectorOperators.F2I, 0);
      IntVector e =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 12 * step).convert(VectorOperators.F2I, 0);
      IntVector u0 = d.add(d).add(a).add(b);
      IntVector v0 = a.sub(b).sub(e).sub(e);
      a =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 5 * step).convert(VectorOperators.F2I, 0);
      b =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 9 * step).convert(VectorOperators.F2I, 0);
      d =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + step).convert(VectorOperators.F2I, 0);
      e =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 13 * step).convert(VectorOperators.F2I, 0);
      IntVector u1 = d.add(d).add(a).add(b);
      IntVector v1 = a.sub(b).sub(e).sub(e);
      a =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 6 * step).convert(VectorOperators.F2I, 0);
      b =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 10 * step).convert(VectorOperators.F2I, 0);
      d =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 2 * step).convert(VectorOperators.F2I, 0);
      e =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 14 * step).convert(VectorOperators.F2I, 0);
      IntVector u2 = d.add(d).add(a).add(b);
      IntVector v2 = a.sub(b).sub(e).sub(e);
      a =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 7 * step).convert(VectorOperators.F2I, 0);
      b =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 11 * step).convert(VectorOperators.F2I, 0);
      d =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 3 * step).convert(VectorOperators.F2I, 0);
      e =
          (IntVector)
              FloatVector.fromArray(FLOATS, sums, at + 15 * step).convert(VectorOperators.F2I, 0);
      IntVector u3 = d.add(d).add(a).add(b);
      IntVector v3 = a.sub(b).sub(e).sub(e);
      ((FloatVector)
              u0.add(u0)
                  .add(u1)
                  .add(u2)
                  .lanewise(VectorOperators.ASHR, 2)
                  .convert(VectorOperators.I2F, 0))
          .intoArray(sums, above + c);
      ((FloatVector)
              u1.sub(u2)
                  .sub(u3)
                  .sub(u3)
                  .lanewise(VectorOperators.ASHR, 2)
                  .convert(VectorOperators.I2F, 0))
          .intoArray(sums, above + width + c);
      ((FloatVector)
              v0.add(v0)
                  .add(v1)
                  .add(v2)
                  .lanewise(VectorOperators.ASHR, 2)
                  .convert(VectorOperators.I2F, 0))
          .intoArray(sums, below + c);
      ((FloatVector)
              v1.sub(v2)
                  .sub(v3)
                  .sub(v3)
                  .lanewise(VectorOperators.ASHR, 2)
                  .convert(VectorOperators.I2F, 0))
          .intoArray(sums, below + width + c);
    }
  }
}
