package dev.whittle.optimize.quantize;

import dev.whittle.optimize.recipe.WeightMethod;

/** Scales of symmetrically quantized weights (quantization notes, section a.3). */
final class WeightScales {
  /** What a slice of zeros gets; whatever is added to it must still be representable. */
  static final float MIN_SCALE = 1e-8f;

  private static final int SEARCH_STEPS = 80;
  private static final double FIRST_SHARE = 0.2;
  private static final int NEWTON_STEPS = 10;

  private WeightScales() {}

  /**
   * The number that integers of that type go up to; the range is narrow, so that it goes down as
   * far.
   */
  static int maxInteger(int bits) {
    return (1 << (bits - 1)) - 1;
  }

  /**
   * One scale for each slice along an axis.
   *
   * @param axis -1 for one scale for all
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

    double largest() {
      double[] largest = new double[1];
      forEach(w -> largest[0] = Math.max(largest[0], Math.abs(w)));
      return largest[0];
    }
  }

  private static float scale(Slice slice, int bits, WeightMethod method) {
    double largest = slice.largest();
    if (largest == 0) {
      return MIN_SCALE;
    }
    double bound =
        switch (method) {
          case MIN_MAX -> largest;
          case MSE -> leastSquares(slice, largest, bits);
          case OCTAV -> octav(slice, largest, bits);
        };
    return Math.max((float) (bound / maxInteger(bits)), MIN_SCALE);
  }

  private static double leastSquares(Slice slice, double largest, int bits) {
    int greatest = maxInteger(bits);
    double best = largest;
    double least = Double.POSITIVE_INFINITY;
    for (int step = SEARCH_STEPS; step > 0; step--) {
      double share = FIRST_SHARE + (1 - FIRST_SHARE) * step / SEARCH_STEPS;
      double scale = largest * share / greatest;
      double[] error = new double[1];
      slice.forEach(
          w -> {
            double q = Math.clamp(Math.rint(w / scale), -greatest, greatest);
            double d = w - q * scale;
            error[0] += d * d;
          });
      if (error[0] < least) {
        least = error[0];
        best = largest * share;
      }
    }
    return best;
  }

  private static double octav(Slice slice, double largest, int bits) {
    double noise = Math.pow(4, -bits) / 3;
    double[] start = new double[2];
    slice.forEach(
        w -> {
          start[0] += Math.abs(w);
          start[1]++;
        });
    double bound = start[0] / start[1];
    for (int step = 0; step < NEWTON_STEPS; step++) {
      double at = bound;
      double[] sums = new double[3];
      slice.forEach(
          w -> {
            double magnitude = Math.abs(w);
            if (magnitude >= at) {
              sums[0] += magnitude;
              sums[1]++;
            }
            sums[2]++;
          });
      double next = sums[0] / ((1 - noise) * sums[1] + noise * sums[2]);
      if (!(next > 0) || next > largest) {
        return next > largest ? largest : bound;
      }
      bound = next;
    }
    return Math.min(bound, largest);
  }
}
