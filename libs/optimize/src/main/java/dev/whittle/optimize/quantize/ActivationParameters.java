package dev.whittle.optimize.quantize;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.optimize.calibrate.Range;

/** Scale and zero point of activations from their range (quantization notes, section a.3). */
final class ActivationParameters {
  /** Ranges shorter than this are widened to it. */
  private static final double LEAST_WIDTH = 1e-6;

  private ActivationParameters() {}

  /** Asymmetric for 8 bits, symmetric for 16. */
  static Quantization of(Range range, TensorType type) {
    return type == TensorType.INT16 ? symmetric(range) : asymmetric(range, type);
  }

  private static Quantization symmetric(Range range) {
    double magnitude = Math.max(range.magnitude(), LEAST_WIDTH);
    return Quantization.perTensor((float) (magnitude / TensorType.INT16.maxInteger()), 0);
  }

  private static Quantization asymmetric(Range range, TensorType type) {
    double min = Math.min(range.min(), 0);
    double max = Math.max(range.max(), 0);
    if (max - min < LEAST_WIDTH) {
      min -= LEAST_WIDTH / 2;
      max += LEAST_WIDTH / 2;
    }
    long least = type.minInteger();
    long greatest = type.maxInteger();
    double scale = (max - min) / (greatest - least);
    double fromMin = least - min / scale;
    double fromMax = greatest - max / scale;
    // The end of the range whose computation lost less precision decides.
    double errorMin = Math.abs(least) + Math.abs(min / scale);
    double errorMax = Math.abs(greatest) + Math.abs(max / scale);
    double zero = errorMin < errorMax ? fromMin : fromMax;
    long zeroPoint =
        zero <= least ? least : zero >= greatest ? greatest : (long) FixedPoint.roundHalfAway(zero);
    return Quantization.perTensor((float) scale, zeroPoint);
  }
}
