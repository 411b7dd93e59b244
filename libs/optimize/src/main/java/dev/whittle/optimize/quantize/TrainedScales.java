package dev.whittle.optimize.quantize;

import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/** The parameters with which weights were trained or stored, as far as an operator can use them. */
final class TrainedScales {
  /** The distance from the next integer, in steps, beyond which parameters are not those. */
  private static final double TOLERANCE = 0.02;

  private final float[] scales;
  private final int zeroPoint;
  private final int changed;
  private final boolean trained;

  /**
   * Creates parameters.
   *
   * @param scales one scale, or one for each slice
   * @param zeroPoint the integer of 0 if there is one scale; 0 for several
   * @param changed the number of slices whose scales changed, because only a zero point that the
   *     operator does not have would represent their numbers
   * @param trained whether the numbers are those of integers with these scales
   */
  TrainedScales(float[] scales, int zeroPoint, int changed, boolean trained) {
    this.scales = scales;
    this.zeroPoint = zeroPoint;
    this.changed = changed;
    this.trained = trained;
  }

  /** Returns the scales, which the caller may change. */
  float[] scales() {
    return scales;
  }

  int zeroPoint() {
    return zeroPoint;
  }

  int changed() {
    return changed;
  }

  boolean trained() {
    return trained;
  }

  /**
   * Returns the parameters of float weights.
   *
   * @param axis the axis with a scale for each slice; -1 if the operator has one scale
   * @param type the type of the stored integers: INT8 or INT4
   * @param zeroPoints whether the operator accepts a zero point beside a single scale
   * @return null if the weights state none, or other numbers than those of these parameters
   */
  static @Nullable TrainedScales of(Value weights, int axis, TensorType type, boolean zeroPoints) {
    Quantization stated = weights.quantization();
    if (stated == null || !weights.isConstant() || weights.type() != TensorType.FLOAT32) {
      return null;
    }
    if (!stated.isQuantized()) {
      return type == TensorType.INT8 ? ofLimits(stated, axis) : null;
    }
    if (stated.isPerAxis() && stated.axis() != axis) {
      return null;
    }
    float[] scales = stated.scales();
    float[] numbers = OperandRoles.floats(weights);
    int[] dims = weights.initialShape().toArray();
    int inner = 1;
    for (int i = stated.axis() + 1; stated.isPerAxis() && i < dims.length; i++) {
      inner *= dims[i];
    }
    long[] lowest = new long[scales.length];
    long[] highest = new long[scales.length];
    for (int i = 0; i < numbers.length; i++) {
      int s = scales.length == 1 ? 0 : i / inner % scales.length;
      double steps = (double) numbers[i] / scales[s];
      long nearest = Math.round(steps);
      if (!(Math.abs(steps - nearest) < TOLERANCE)) {
        return null;
      }
      lowest[s] = Math.min(lowest[s], nearest);
      highest[s] = Math.max(highest[s], nearest);
    }
    return fitting(stated, scales, lowest, highest, type, zeroPoints);
  }

  private static @Nullable TrainedScales fitting(
      Quantization stated,
      float[] scales,
      long[] lowest,
      long[] highest,
      TensorType type,
      boolean zeroPoints) {
    int zero = stated.zeroPointValue();
    boolean fits = lowest[0] + zero >= type.minInteger() && highest[0] + zero <= type.maxInteger();
    if (zeroPoints && scales.length == 1 && zero != 0 && type == TensorType.INT8 && fits) {
      return new TrainedScales(scales, zero, 0, true);
    }
    int max = WeightScales.maxInteger(type.bits());
    // Kernels of 8-bit weights accept -128; those of 4-bit weights expect the narrow range.
    long min = type == TensorType.INT8 ? Byte.MIN_VALUE : -max;
    int changed = 0;
    for (int s = 0; s < scales.length; s++) {
      // TensorFlow's converter clamps the end of a range whose zero point it rounds to 0, too.
      if (lowest[s] < min - 1 || highest[s] > max + 1) {
        scales[s] *= (float) Math.max(-lowest[s], highest[s]) / max;
        changed++;
      }
    }
    // Other parameters are better found from the numbers, for each slice.
    return changed > 0 && (scales.length == 1 || type != TensorType.INT8)
        ? null
        : new TrainedScales(scales, 0, changed, true);
  }

  /** Returns symmetric parameters of ranges, which old converters write without scales. */
  private static @Nullable TrainedScales ofLimits(Quantization stated, int axis) {
    float[] scales = new float[Math.min(stated.min().size(), stated.max().size())];
    for (int i = 0; i < scales.length; i++) {
      scales[i] = Math.max(-stated.min().get(i), stated.max().get(i)) / Byte.MAX_VALUE;
    }
    boolean usable = scales.length == 1 || (scales.length > 1 && axis >= 0);
    return usable && scales[0] > 0 ? new TrainedScales(scales, 0, 0, false) : null;
  }
}
