package dev.whittle.ir.op.common;

import dev.whittle.ir.tensor.Tensor;

/**
 * The dynamic quantization of rows of floats to 8 bits, as TensorFlow Lite's hybrid kernels do. The
 * buffer is reused for the next row.
 */
public final class RowQuantizer {
  private byte[] values = {};
  private final RowScale row = new RowScale();

  /**
   * Returns the quantized row. The array is a buffer, which may be longer than the row and changes
   * with the next {@link #quantize}.
   */
  @SuppressWarnings("MutableArrayReturn")
  public byte[] values() {
    return values;
  }

  /** Returns the scale of the last row. */
  public float scale() {
    return row.scale();
  }

  /** Returns the zero point of the last row. */
  public int zeroPoint() {
    return row.zeroPoint();
  }

  /**
   * Quantizes a row.
   *
   * @param input a tensor of floats
   * @param first the index of the row's first element
   * @param count the number of elements
   * @param asymmetric whether the row gets a zero point; otherwise it is 0
   */
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
    row.set(min, max, asymmetric);
    for (int i = 0; i < count; i++) {
      values[i] = (byte) row.stored(input.getFloat(first + i));
    }
  }
}
