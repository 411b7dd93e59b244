package dev.whittle.ir.op.image;

import dev.whittle.ir.kernel.FixedPoint;

/**
 * Where the places along a resized axis are between two places of the operand's axis: in single
 * precision, or in whole steps of 1/1024 as 8-bit and 16-bit operands are interpolated
 * (quantization notes, section b).
 */
public final class AxisInterpolation {
  private static final int UNIT = 1024;

  private final int[] lower;
  private final int[] upper;
  private final float[] fraction;

  private AxisInterpolation(int output) {
    lower = new int[output];
    upper = new int[output];
    fraction = new float[output];
  }

  /** Places in single precision: the fractions are below 1. */
  static AxisInterpolation inFloats(
      int input, int output, boolean alignCorners, boolean halfPixelCenters) {
    var axis = new AxisInterpolation(output);
    float step = step(input, output, alignCorners);
    for (int x = 0; x < output; x++) {
      float place = halfPixelCenters ? (x + 0.5f) * step - 0.5f : x * step;
      axis.lower[x] = Math.max(0, (int) Math.floor(place));
      axis.upper[x] = Math.min((int) Math.ceil(place), input - 1);
      axis.fraction[x] = place - axis.lower[x];
    }
    return axis;
  }

  /** Places in whole steps: the fractions are whole and below 1024. */
  static AxisInterpolation inFixedPoint(
      int input, int output, boolean alignCorners, boolean halfPixelCenters) {
    var axis = new AxisInterpolation(output);
    int step =
        alignCorners && output > 1
            ? (UNIT * (input - 1) + (output - 1) / 2) / (output - 1)
            : (UNIT * input + output / 2) / output;
    for (int x = 0; x < output; x++) {
      int place = halfPixelCenters ? x * step + step / 2 - UNIT / 2 : x * step;
      axis.lower[x] = Math.max(place / UNIT, 0);
      axis.upper[x] = Math.min(Math.ceilDiv(place, UNIT), input - 1);
      axis.fraction[x] = place - UNIT * axis.lower[x];
    }
    return axis;
  }

  /** How far one output element is from the next in the input. */
  private static float step(int input, int output, boolean alignCorners) {
    return alignCorners && output > 1 ? (float) (input - 1) / (output - 1) : (float) input / output;
  }

  /** The nearest place of the operand's axis. */
  static int nearest(int x, int input, int output, boolean alignCorners, boolean halfPixelCenters) {
    float place = (x + (halfPixelCenters ? 0.5f : 0)) * step(input, output, alignCorners);
    int nearest = (int) (alignCorners ? FixedPoint.roundHalfAway(place) : Math.floor(place));
    int within = Math.min(nearest, input - 1);
    return halfPixelCenters ? Math.max(0, within) : within;
  }

  /** The operand's place before place {@code x}, or at it. */
  public int lower(int x) {
    return lower[x];
  }

  /** The operand's place behind place {@code x}, or at it. */
  public int upper(int x) {
    return upper[x];
  }

  /** How far place {@code x} is from the lower one, of 1 or of 1024. */
  public float fraction(int x) {
    return fraction[x];
  }
}
