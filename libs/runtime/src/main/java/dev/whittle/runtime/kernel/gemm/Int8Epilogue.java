package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.Int8DepthwiseFilter;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.PackedRequantization;

/**
 * Inputs and outputs of 8 bits, bit for bit as the reference kernels. The input's zero point is not
 * subtracted: what it contributes to each column is in the bias.
 */
public final class Int8Epilogue implements QuantizedEpilogue {
  private final ByteArray input = new ByteArray();
  private final ByteArray output = new ByteArray();
  private final PackedRequantization requantization;
  private final int zeroPoint;
  private final boolean unsigned;

  public Int8Epilogue(PackedRequantization requantization, int zeroPoint, boolean unsigned) {
    this.requantization = requantization;
    this.zeroPoint = zeroPoint;
    this.unsigned = unsigned;
  }

  /** A depthwise filter that reads the input in place. */
  public Int8DepthwiseFilter filter(WindowGeometry windows, float[] weights, float[] bias) {
    return new Int8DepthwiseFilter(windows, weights, bias, zeroPoint, unsigned);
  }

  /** What the input is bound to. */
  public ByteArray input() {
    return input;
  }

  @Override
  public void begin(Tensor from, Tensor to) {
    input.bind(from);
    output.bindOutput(to);
  }

  @Override
  public void copy(int from, float[] buffer, int to, int count, MicroKernels math) {
    math.widen(input.array(), input.offset() + from, unsigned, buffer, to, count);
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
      requantization.apply(sums, at, width, column, columns, rows, bytes, place, stride);
    } else {
      float[] sums = scratch.sums();
      scratch.math.requantize(
          sums, at, width, requantization, column, columns, rows, bytes, place, stride);
    }
  }
}
