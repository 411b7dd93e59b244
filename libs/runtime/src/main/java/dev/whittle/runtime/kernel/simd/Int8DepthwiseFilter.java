package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import java.util.Arrays;

/** A depthwise 3x3 filter of bytes that are read in place, as signed ones. */
public final class Int8DepthwiseFilter {
  /** Of stride 1 or 2, with at most one column of padding before the input. */
  final DepthwiseGeometry geometry;

  /** Integers {@code [3, 3, channels]}. */
  final float[] weights;

  /** One element for each channel. */
  final float[] bias;

  /** The bits in which an unsigned byte differs from the signed one 128 below it. */
  final byte flip;

  /** The value of padding, as a signed byte. */
  final int paddingValue;

  /** A pixel of padding as it would be in the input, of all channels. */
  final byte[] paddingRow;

  /**
   * Creates the filter of a layer.
   *
   * @param weights integers {@code [3, 3, channels]}
   * @param bias one integer for each channel, for elements as they are stored
   * @param zeroPoint the zero point of the input, which is the value of padding
   * @param unsigned whether the input's bytes are unsigned
   */
  public Int8DepthwiseFilter(
      WindowGeometry windows, float[] weights, float[] bias, int zeroPoint, boolean unsigned) {
    this.geometry = DepthwiseGeometry.inPlace(windows);
    this.weights = weights;
    this.bias = bias.clone();
    if (unsigned) {
      for (int i = 0; i < weights.length; i++) {
        this.bias[i % bias.length] += 128 * weights[i];
      }
    }
    this.flip = unsigned ? Byte.MIN_VALUE : 0;
    this.paddingValue = unsigned ? zeroPoint - 128 : zeroPoint;
    this.paddingRow = new byte[windows.channels()];
    Arrays.fill(paddingRow, (byte) zeroPoint);
  }
}
