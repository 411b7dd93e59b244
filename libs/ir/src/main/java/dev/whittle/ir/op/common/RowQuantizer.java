package dev.whittle.ir.op.common;

import dev.whittle.ir.tensor.Tensor;

/**
 * Quantizes a row of float inputs to 8 bits on the fly, as hybrid kernels do (quantization notes,
 * sections a.3 and c).
 */
public final class RowQuantizer {
  private byte[] values = {};
  private RowScale row = RowScale.of(0, 0, false);

  /** The quantized row; valid up to the count of the last {@link #quantize}. */
  @SuppressWarnings("MutableArrayReturn")
  public byte[] values() {
    return values;
  }

  public float scale() {
    return row.scale();
  }

  public int zeroPoint() {
    return row.zeroPoint();
  }

  /** Quantizes {@code count} elements of {@code input} from index {@code first}. */
  public void quantize(Tensor input, long first, int count, boolean asymmetric) {
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
    row = RowScale.of(min, max, asymmetric);
    for (int i = 0; i < count; i++) {
      values[i] = (byte) row.stored(input.getFloat(first + i));
    }
  }
}
