package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Tensor;

/**
 * Inputs and outputs of 8 bits, bit for bit as the reference kernels. The input's zero point is not
 * subtracted: what it contributes to each column is in the bias.
 */
final class ByteEnds implements QuantizedEnds {
  private final ByteArray input = new ByteArray();
  private final ByteArray output = new ByteArray();
  private final Rescaling rescaling;
  private final int zeroPoint;
  private final boolean unsigned;

  ByteEnds(Rescaling rescaling, int zeroPoint, boolean unsigned) {
    this.rescaling = rescaling;
    this.zeroPoint = zeroPoint;
    this.unsigned = unsigned;
  }

  /** A depthwise filter that reads the input in place. */
  ByteFilter filter(Windows windows, float[] weights, float[] bias) {
    return new ByteFilter(windows, weights, bias, zeroPoint, unsigned);
  }

  /** What the input is bound to. */
  ByteArray input() {
    return input;
  }

  @Override
  public void begin(Tensor from, Tensor to) {
    input.bind(from);
    output.bindOutput(to);
  }

  @Override
  public void copy(int from, float[] slab, int to, int count, MicroKernels math) {
    math.widen(input.array(), input.offset() + from, unsigned, slab, to, count);
  }

  @Override
  public float beyond() {
    return zeroPoint;
  }

  @Override
  public int rowsAlike(int row, int count) {
    return count;
  }

  @Override
  public void finish(
      Scratch scratch,
      boolean whole,
      int at,
      int width,
      int row,
      int rows,
      int column,
      int columns,
      int to,
      int stride) {
    byte[] bytes = output.array();
    int place = output.offset() + to;
    if (whole) {
      int[] sums = scratch.integers();
      rescaling.apply(sums, at, width, column, columns, rows, bytes, place, stride);
    } else {
      float[] sums = scratch.sums();
      scratch.math.rescale(sums, at, width, rescaling, column, columns, rows, bytes, place, stride);
    }
  }
}
