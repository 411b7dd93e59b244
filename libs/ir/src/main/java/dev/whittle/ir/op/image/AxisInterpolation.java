package dev.whittle.ir.op.image;

import dev.whittle.ir.kernel.FixedPoint;

/**
 * Linear interpolation along a resized axis: the two input positions around each output position,
 * and its fraction between them. Fractions are in single precision, or in fixed point with 10
 * fractional bits, as TensorFlow Lite interpolates signed integers.
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

  /** Returns the interpolation in single precision. Fractions are less than 1. */
  static AxisInterpolation inFloats(
      int input, int output, boolean alignCorners, boolean halfPixelCenters) {
    var axis = new AxisInterpolation(output);
    float step = step(input, output, alignCorners);
    for (int x = 0; x < output; x++) {
      float position = halfPixelCenters ? (x + 0.5f) * step - 0.5f : x * step;
      axis.lower[x] = Math.max(0, (int) Math.floor(position));
      axis.upper[x] = Math.min((int) Math.ceil(position), input - 1);
      axis.fraction[x] = position - axis.lower[x];
    }
    return axis;
  }

  /** Returns the interpolation in fixed point. Fractions are integers less than 1024. */
  static AxisInterpolation inFixedPoint(
      int input, int output, boolean alignCorners, boolean halfPixelCenters) {
    var axis = new AxisInterpolation(output);
    int step =
        alignCorners && output > 1
            ? (UNIT * (input - 1) + (output - 1) / 2) / (output - 1)
            : (UNIT * input + output / 2) / output;
    for (int x = 0; x < output; x++) {
      int position = halfPixelCenters ? x * step + step / 2 - UNIT / 2 : x * step;
      axis.lower[x] = Math.max(position / UNIT, 0);
      axis.upper[x] = Math.min(Math.ceilDiv(position, UNIT), input - 1);
      axis.fraction[x] = position - UNIT * axis.lower[x];
    }
    return axis;
  }

  /** Returns the distance of adjacent output positions, in input positions. */
  private static float step(int input, int output, boolean alignCorners) {
    return alignCorners && output > 1 ? (float) (input - 1) / (output - 1) : (float) input / output;
  }

  /** Returns the input position nearest to output position {@code x}. */
  static int nearest(int x, int input, int output, boolean alignCorners, boolean halfPixelCenters) {
    float position = (x + (halfPixelCenters ? 0.5f : 0)) * step(input, output, alignCorners);
    int nearest = (int) (alignCorners ? FixedPoint.roundHalfAway(position) : Math.floor(position));
    int bounded = Math.min(nearest, input - 1);
    return halfPixelCenters ? Math.max(0, bounded) : bounded;
  }

  /** Returns the input position before output position {@code x}, or at it. */
  public int lower(int x) {
    return lower[x];
  }

  /** Returns the input position after output position {@code x}, or at it. */
  public int upper(int x) {
    return upper[x];
  }

  /** Returns the distance of output position {@code x} from the lower one, of 1 or of 1024. */
  public float fraction(int x) {
    return fraction[x];
  }
}
