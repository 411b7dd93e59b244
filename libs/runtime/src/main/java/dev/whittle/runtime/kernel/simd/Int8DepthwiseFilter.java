package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.DepthwiseGeometry;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import java.util.Arrays;

/** A depthwise 3x3 filter of bytes that are read in place, as signed ones. */
public final class Int8DepthwiseFilter {
  /** How it moves: stride 1 or 2, at most one column before the input. */
  final DepthwiseGeometry row;

  /** Whole numbers {@code [3, 3, channels]}. */
  final float[] weights;

  /** What sums begin with, one for each channel. */
  final float[] bias;

  /** The bits in which an unsigned byte differs from the signed one 128 below it. */
  final byte flip;

  /** What is beyond the border, as a signed byte. */
  final int edge;

  /** What is beyond the border, as it is read: of all channels. */
  final byte[] beyond;

  /**
   * The filter of a layer.
   *
   * @param bias what sums begin with if bytes are taken for what they are
   * @param zeroPoint of the input, which stands for what is beyond the border
   * @param unsigned whether the input's bytes are
   */
  public Int8DepthwiseFilter(
      WindowGeometry windows, float[] weights, float[] bias, int zeroPoint, boolean unsigned) {
    this.row = DepthwiseGeometry.inPlace(windows);
    this.weights = weights;
    this.bias = bias.clone();
    if (unsigned) {
      for (int i = 0; i < weights.length; i++) {
        this.bias[i % bias.length] += 128 * weights[i];
      }
    }
    this.flip = unsigned ? Byte.MIN_VALUE : 0;
    this.edge = unsigned ? zeroPoint - 128 : zeroPoint;
    this.beyond = new byte[windows.channels()];
    Arrays.fill(beyond, (byte) zeroPoint);
  }
}
