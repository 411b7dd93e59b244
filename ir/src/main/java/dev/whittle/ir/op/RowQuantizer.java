package dev.whittle.ir.op;

import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Tensor;

/**
 * Quantizes a row of float inputs to 8 bits on the fly, as hybrid kernels do (quantization notes,
 * sections a.3 and c).
 */
final class RowQuantizer {
  private byte[] values = {};
  private float scale;
  private int zeroPoint;

  /** The quantized row; valid up to the count of the last {@link #quantize}. */
  @SuppressWarnings("MutableArrayReturn")
  byte[] values() {
    return values;
  }

  float scale() {
    return scale;
  }

  int zeroPoint() {
    return zeroPoint;
  }

  /** Quantizes {@code count} elements of {@code input} from index {@code first}. */
  void quantize(Tensor input, long first, int count, boolean asymmetric) {
    if (values.length < count) {
      values = new byte[count];
    }
    float min = 0;
    float max = 0;
    for (int i = 0; i < count; i++) {
      float x = input.getFloat(first + i);
      min = Math.min(min, x);
      max = Math.max(max, x);
    }
    if (asymmetric) {
      asymmetric(min, max);
      fillAsymmetric(input, first, count);
    } else {
      fillSymmetric(input, first, count, Math.max(-min, max));
    }
  }

  private void fillSymmetric(Tensor input, long first, int count, float range) {
    zeroPoint = 0;
    scale = range == 0 ? 1 : range / 127;
    float inverse = range == 0 ? 0 : 127 / range;
    for (int i = 0; i < count; i++) {
      int q = (int) FixedPoint.roundHalfAway(input.getFloat(first + i) * inverse);
      values[i] = (byte) FixedPoint.clamp(q, -127, 127);
    }
  }

  private void asymmetric(float min, float max) {
    if (min == max) {
      scale = 1;
      zeroPoint = 0;
      return;
    }
    double step = ((double) max - min) / 255;
    double fromMin = -128 - min / step;
    double fromMax = 127 - max / step;
    // The end of the range whose computation lost less precision decides.
    double errorMin = 128 + Math.abs(min / step);
    double errorMax = 127 + Math.abs(max / step);
    double nearest = errorMin < errorMax ? fromMin : fromMax;
    zeroPoint =
        nearest <= -128 ? -128 : nearest >= 127 ? 127 : (int) FixedPoint.roundHalfAway(nearest);
    scale = (float) step;
  }

  private void fillAsymmetric(Tensor input, long first, int count) {
    float inverse = 1 / scale;
    for (int i = 0; i < count; i++) {
      float x = input.getFloat(first + i);
      int q = (int) FixedPoint.roundHalfAway(zeroPoint + x * inverse);
      values[i] = (byte) FixedPoint.clamp(q, -128, 127);
    }
  }
}
