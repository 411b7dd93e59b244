package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.simd.MicroKernels;

/** Floats on both sides: inputs are quantized as they come, and sums made floats again. */
public final class HybridEpilogue implements QuantizedEpilogue {
  private final DynamicallyQuantizedRows quantized;
  private final int rowsPerScale;
  private final float[] scales;
  private final float[] bias;
  private final float min;
  private final float max;
  private final FloatArray output = new FloatArray();

  /**
   * The ends of a hybrid layer.
   *
   * @param rowsPerScale how many rows of the output come from one row of {@code quantized}
   * @param scales of the weights, one for each column
   */
  public HybridEpilogue(
      DynamicallyQuantizedRows quantized,
      int rowsPerScale,
      float[] scales,
      float[] bias,
      float min,
      float max) {
    this.quantized = quantized;
    this.rowsPerScale = rowsPerScale;
    this.scales = scales;
    this.bias = bias;
    this.min = min;
    this.max = max;
  }

  @Override
  public void begin(Tensor from, Tensor to) {
    output.bindOutput(to);
    quantized.begin(from);
  }

  @Override
  public void copy(int from, float[] buffer, int to, int count, MicroKernels math) {
    quantized.copy(from, buffer, to, count, math);
  }

  @Override
  public float beyond() {
    return 0;
  }

  @Override
  public int rowsAlike(int row, int count) {
    return Math.min(count, rowsPerScale - row % rowsPerScale);
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
    if (whole) {
      scratch.takeIntegers(at, rows * width);
    }
    scratch.math.scale(
        scratch.sums(),
        at,
        width,
        scales,
        bias,
        column,
        quantized.scale(row / rowsPerScale),
        columns,
        rows,
        output.array(),
        output.offset() + to,
        stride,
        min,
        max);
  }
}
