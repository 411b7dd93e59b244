package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.simd.AccumulatorBlock;
import dev.whittle.runtime.kernel.simd.Dequantization;
import dev.whittle.runtime.kernel.simd.MicroKernels;

/**
 * The prologue and the epilogue of layers with floats and 8-bit weights: inputs are quantized
 * dynamically, and accumulators dequantized.
 */
public final class HybridEpilogue implements QuantizedEpilogue {
  private final DynamicallyQuantizedRows quantized;
  private final int rowsPerScale;
  private final Dequantization dequantization;
  private final FloatArray output = new FloatArray();

  /**
   * Creates the epilogue of a layer.
   *
   * @param rowsPerScale rows of the output for each row of {@code quantized}
   */
  public HybridEpilogue(
      DynamicallyQuantizedRows quantized, int rowsPerScale, Dequantization dequantization) {
    this.quantized = quantized;
    this.rowsPerScale = rowsPerScale;
    this.dequantization = dequantization;
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
  public float paddingValue() {
    return 0;
  }

  @Override
  public int rowsOfOneScale(int row, int count) {
    return Math.min(count, rowsPerScale - row % rowsPerScale);
  }

  @Override
  public void finish(Scratch scratch, AccumulatorBlock block, boolean integers) {
    if (integers) {
      scratch.convertIntegers(block.offset(), block.rows() * block.stride());
    }
    float scale = quantized.scale(block.firstRow() / rowsPerScale);
    scratch.math.dequantize(
        scratch.sums(), block, dequantization, scale, output.array(), output.offset());
  }
}
