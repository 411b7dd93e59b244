package dev.whittle.optimize.quantize;

import dev.whittle.optimize.recipe.WeightMethod;

/**
 * The scales of symmetrically quantized weights (TensorFlow Lite 8-bit quantization specification).
 */
final class WeightScales {
  /** The minimum scale, also that of a slice of zeros. The bias must stay representable with it. */
  static final float MIN_SCALE = 1e-8f;

  private static final int SEARCH_STEPS = 80;
  private static final double FIRST_SHARE = 0.2;
  private static final int NEWTON_STEPS = 10;

  private WeightScales() {}

  /**
   * Returns the maximum of signed integers with some bits. The minimum in the narrow range is its
   * negative.
   */
  static int maxInteger(int bits) {
    return (1 << (bits - 1)) - 1;
  }

  /**
   * Returns a scale for each slice along an axis.
   *
   * @param dims the shape of the weights
   * @param axis the axis, or -1 for one scale
   * @param bits the width of the integers
   */
  static float[] of(float[] weights, int[] dims, int axis, int bits, WeightMethod method) {
    int slices = axis < 0 ? 1 : dims[axis];
    int inner = 1;
    for (int i = axis + 1; i < dims.length; i++) {
      inner *= axis < 0 ? 1 : dims[i];
    }
    if (axis < 0) {
      inner = weights.length;
    }
    float[] scales = new float[slices];
    for (int s = 0; s < slices; s++) {
      var slice = new Slice(weights, s, inner, slices);
      scales[s] = scale(slice, bits, method);
    }
    return scales;
  }

  /** The elements of one slice along an axis. */
  private static final class Slice {
    private final float[] weights;
    private final int inner;
    private final int stride;
    private final int first;

    Slice(float[] weights, int slice, int inner, int slices) {
      this.weights = weights;
      this.inner = inner;
      this.stride = inner * slices;
      this.first = slice * inner;
    }

    interface Visitor {
      void visit(float weight);
    }

    void forEach(Visitor visitor) {
      for (int start = first; start < weights.length; start += stride) {
        for (int i = start; i < start + inner; i++) {
          visitor.visit(weights[i]);
        }
      }
    }

    double maxMagnitude() {
      double[] maxMagnitude = new double[1];
      forEach(w -> maxMagnitude[0] = Math.max(maxMagnitude[0], Math.abs(w)));
      return maxMagnitude[0];
    }
  }

  private static float scale(Slice slice, int bits, WeightMethod method) {
    double maxMagnitude = slice.maxMagnitude();
    if (maxMagnitude == 0) {
      return MIN_SCALE;
    }
    double bound =
        switch (method) {
          case MIN_MAX -> maxMagnitude;
          case MSE -> searchedBound(slice, maxMagnitude, bits);
          case OCTAV -> octav(slice, maxMagnitude, bits);
        };
    return Math.max((float) (bound / maxInteger(bits)), MIN_SCALE);
  }

  /** Returns the candidate bound with the minimum squared error. */
  private static double searchedBound(Slice slice, double maxMagnitude, int bits) {
    int max = maxInteger(bits);
    double best = maxMagnitude;
    double minError = Double.POSITIVE_INFINITY;
    for (int step = SEARCH_STEPS; step > 0; step--) {
      double share = FIRST_SHARE + (1 - FIRST_SHARE) * step / SEARCH_STEPS;
      double scale = maxMagnitude * share / max;
      double[] error = new double[1];
      slice.forEach(
          w -> {
            double q = Math.clamp(Math.rint(w / scale), -max, max);
            double d = w - q * scale;
            error[0] += d * d;
          });
      if (error[0] < minError) {
        minError = error[0];
        best = maxMagnitude * share;
      }
    }
    return best;
  }

  /** Returns the bound to which Newton's method converges (OCTAV; Sakr et al., 2022). */
  private static double octav(Slice slice, double maxMagnitude, int bits) {
    double noise = Math.pow(4, -bits) / 3;
    double[] start = new double[2];
    slice.forEach(
        w -> {
          start[0] += Math.abs(w);
          start[1]++;
        });
    double bound = start[0] / start[1];
    for (int step = 0; step < NEWTON_STEPS; step++) {
      double threshold = bound;
      double[] sums = new double[3];
      slice.forEach(
          w -> {
            double magnitude = Math.abs(w);
            if (magnitude >= threshold) {
              sums[0] += magnitude;
              sums[1]++;
            }
            sums[2]++;
          });
      double next = sums[0] / ((1 - noise) * sums[1] + noise * sums[2]);
      if (!(next > 0) || next > maxMagnitude) {
        return next > maxMagnitude ? maxMagnitude : bound;
      }
      bound = next;
    }
    return Math.min(bound, maxMagnitude);
  }
}
