package dev.whittle.runtime.kernel;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The weights of a convolution, packed for multiplication: panels of as many output channels as two
 * vectors hold, within a panel row by row of the summed dimension. Channels beyond the last are
 * zero.
 */
final class PackedMatrix {
  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  static final int LANES = SPECIES.length();
  static final int PANEL = 2 * LANES;

  private final float[] packed;
  private final float[] bias;
  private final int depth;
  private final int channels;

  private PackedMatrix(float[] packed, float[] bias, int depth, int channels) {
    this.packed = packed;
    this.bias = bias;
    this.depth = depth;
    this.channels = channels;
  }

  /**
   * Packs weights.
   *
   * @param weights {@code [channels, depth]}, row-major
   * @param bias one for each channel, or none
   */
  static PackedMatrix of(float[] weights, float[] bias, int channels) {
    int depth = channels == 0 ? 0 : weights.length / channels;
    int panels = Math.ceilDiv(channels, PANEL);
    float[] packed = new float[panels * depth * PANEL];
    for (int c = 0; c < channels; c++) {
      int at = c / PANEL * depth * PANEL + c % PANEL;
      for (int k = 0; k < depth; k++) {
        packed[at + k * PANEL] = weights[c * depth + k];
      }
    }
    float[] paddedBias = new float[panels * PANEL];
    System.arraycopy(bias, 0, paddedBias, 0, bias.length);
    return new PackedMatrix(packed, paddedBias, depth, channels);
  }

  /**
   * Computes rows of {@code clamp(input * weights + bias)}.
   *
   * @param input holds runs of {@code run} adjacent numbers
   * @param offsets where the runs begin, {@code depth / run} for each row
   * @param firstRow the first row to compute, as {@code offsets} and {@code output} count them
   * @param output {@code [rows, channels]}
   */
  void multiply(
      float[] input,
      int[] offsets,
      int run,
      int firstRow,
      int lastRow,
      float[] output,
      float min,
      float max) {
    int taps = run == 0 ? 0 : depth / run;
    for (int panel = 0; panel * PANEL < channels; panel++) {
      int row = firstRow;
      for (; row + 4 <= lastRow; row += 4) {
        four(input, offsets, taps, run, row, panel, output, min, max);
      }
      for (; row < lastRow; row++) {
        one(input, offsets, taps, run, row, panel, output, min, max);
      }
    }
  }

  /** Four rows and one panel: eight accumulators stay in registers. */
  private void four(
      float[] input,
      int[] offsets,
      int taps,
      int run,
      int row,
      int panel,
      float[] output,
      float min,
      float max) {
    float[] weights = packed;
    FloatVector left = FloatVector.fromArray(SPECIES, bias, panel * PANEL);
    FloatVector right = FloatVector.fromArray(SPECIES, bias, panel * PANEL + LANES);
    FloatVector a0 = left;
    FloatVector b0 = right;
    FloatVector a1 = left;
    FloatVector b1 = right;
    FloatVector a2 = left;
    FloatVector b2 = right;
    FloatVector a3 = left;
    FloatVector b3 = right;
    int w = panel * depth * PANEL;
    for (int tap = 0; tap < taps; tap++) {
      int x0 = offsets[row * taps + tap];
      int x1 = offsets[(row + 1) * taps + tap];
      int x2 = offsets[(row + 2) * taps + tap];
      int x3 = offsets[(row + 3) * taps + tap];
      for (int k = 0; k < run; k++) {
        FloatVector wLeft = FloatVector.fromArray(SPECIES, weights, w);
        FloatVector wRight = FloatVector.fromArray(SPECIES, weights, w + LANES);
        FloatVector x = FloatVector.broadcast(SPECIES, input[x0 + k]);
        a0 = x.fma(wLeft, a0);
        b0 = x.fma(wRight, b0);
        x = FloatVector.broadcast(SPECIES, input[x1 + k]);
        a1 = x.fma(wLeft, a1);
        b1 = x.fma(wRight, b1);
        x = FloatVector.broadcast(SPECIES, input[x2 + k]);
        a2 = x.fma(wLeft, a2);
        b2 = x.fma(wRight, b2);
        x = FloatVector.broadcast(SPECIES, input[x3 + k]);
        a3 = x.fma(wLeft, a3);
        b3 = x.fma(wRight, b3);
        w += PANEL;
      }
    }
    store(a0, b0, output, row, panel, min, max);
    store(a1, b1, output, row + 1, panel, min, max);
    store(a2, b2, output, row + 2, panel, min, max);
    store(a3, b3, output, row + 3, panel, min, max);
  }

  private void one(
      float[] input,
      int[] offsets,
      int taps,
      int run,
      int row,
      int panel,
      float[] output,
      float min,
      float max) {
    FloatVector a = FloatVector.fromArray(SPECIES, bias, panel * PANEL);
    FloatVector b = FloatVector.fromArray(SPECIES, bias, panel * PANEL + LANES);
    int w = panel * depth * PANEL;
    for (int tap = 0; tap < taps; tap++) {
      int at = offsets[row * taps + tap];
      for (int k = 0; k < run; k++) {
        FloatVector x = FloatVector.broadcast(SPECIES, input[at + k]);
        a = x.fma(FloatVector.fromArray(SPECIES, packed, w), a);
        b = x.fma(FloatVector.fromArray(SPECIES, packed, w + LANES), b);
        w += PANEL;
      }
    }
    store(a, b, output, row, panel, min, max);
  }

  private void store(
      FloatVector left,
      FloatVector right,
      float[] output,
      int row,
      int panel,
      float min,
      float max) {
    int at = row * channels + panel * PANEL;
    int rest = channels - panel * PANEL;
    FloatVector low = FloatVector.broadcast(SPECIES, min);
    FloatVector high = FloatVector.broadcast(SPECIES, max);
    FloatVector a = left.max(low).min(high);
    FloatVector b = right.max(low).min(high);
    if (rest >= PANEL) {
      a.intoArray(output, at);
      b.intoArray(output, at + LANES);
    } else {
      a.intoArray(output, at, SPECIES.indexInRange(0, rest));
      if (rest > LANES) {
        b.intoArray(output, at + LANES, SPECIES.indexInRange(0, rest - LANES));
      }
    }
  }
}
