package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;

/**
 * A convolution or dense layer of floats with 8-bit weights: inputs are quantized as they come, and
 * sums of whole numbers, which are exact, made floats again.
 */
final class HybridProduct extends SummedProduct {
  private final QuantizedRows quantized;
  private final int rowsPerScale;
  private final float[] scales;
  private final float[] bias;
  private final float min;
  private final float max;
  private final FloatArray output = new FloatArray();

  /**
   * A hybrid product.
   *
   * @param rowsPerScale how many rows of the output come from one row of {@code quantized}
   * @param scales of the weights, one for each column
   */
  HybridProduct(
      Workers workers,
      Layer layer,
      Piece piece,
      Patches patches,
      PackedMatrix[] parts,
      QuantizedRows quantized,
      int rowsPerScale,
      float[] scales,
      float[] bias,
      float min,
      float max) {
    super(workers, layer, piece, patches, parts);
    this.quantized = quantized;
    this.rowsPerScale = rowsPerScale;
    this.scales = scales;
    this.bias = bias;
    this.min = min;
    this.max = max;
  }

  @Override
  void begin(Invocation invocation) {
    output.bindOutput(invocation.output(0));
    quantized.begin(input(invocation));
  }

  @Override
  public void copy(int from, float[] slab, int to, int count, MicroKernels math) {
    quantized.copy(from, slab, to, count, math);
  }

  @Override
  int rowsAlike(int row, int count) {
    return Math.min(count, rowsPerScale - row % rowsPerScale);
  }

  @Override
  void finish(Scratch scratch, int at, int width, int row, int rows, int column, int columns) {
    if (parts() > 1) {
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
        output.offset() + place(row, column),
        stride(),
        min,
        max);
  }
}
