package dev.whittle.optimize.quantize;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.Range;

/**
 * The scale and zero point of activations, computed from their range as in TensorFlow Lite's {@code
 * ChooseQuantizationParams} (Jacob et al., "Quantization and training of neural networks for
 * efficient integer-arithmetic-only inference", 2018).
 */
final class ActivationParameters {
  /** The minimum width of a range; narrower ones are widened. */
  private static final double MIN_WIDTH = 1e-6;

  private ActivationParameters() {}

  /** Returns asymmetric parameters for 8-bit types, symmetric ones for INT16. */
  static Quantization of(Range range, TensorType type) {
    return type == TensorType.INT16 ? symmetric(range) : asymmetric(range, type);
  }

  private static Quantization symmetric(Range range) {
    double magnitude = Math.max(range.magnitude(), MIN_WIDTH);
    return Quantization.perTensor((float) (magnitude / TensorType.INT16.maxInteger()), 0);
  }

  private static Quantization asymmetric(Range range, TensorType type) {
    double min = Math.min(range.min(), 0);
    double max = Math.max(range.max(), 0);
    if (max - min < MIN_WIDTH) {
      min -= MIN_WIDTH / 2;
      max += MIN_WIDTH / 2;
    }
    long minInteger = type.minInteger();
    long maxInteger = type.maxInteger();
    double scale = (max - min) / (maxInteger - minInteger);
    double zeroFromMin = minInteger - min / scale;
    double zeroFromMax = maxInteger - max / scale;
    // Both bounds give a zero point; the one with the smaller rounding error is used.
    double errorMin = Math.abs(minInteger) + Math.abs(min / scale);
    double errorMax = Math.abs(maxInteger) + Math.abs(max / scale);
    double zero = errorMin < errorMax ? zeroFromMin : zeroFromMax;
    long zeroPoint =
        zero <= minInteger
            ? minInteger
            : zero >= maxInteger ? maxInteger : (long) FixedPoint.roundHalfAway(zero);
    return Quantization.perTensor((float) scale, zeroPoint);
  }
}
