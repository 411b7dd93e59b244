package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;

/**
 * A convolution or dense layer of 8-bit numbers, bit for bit as the reference kernels: products and
 * sums in single precision are exact, see {@link ExactWeights}. The input's zero point is not
 * subtracted before: what it contributes to each column is in the bias.
 */
final class IntegerProduct extends SummedProduct {
  private final ByteArray input = new ByteArray();
  private final ByteArray output = new ByteArray();
  private final Rescaling rescaling;
  private final int zeroPoint;
  private final boolean unsigned;

  IntegerProduct(
      Workers workers,
      Layer layer,
      Piece piece,
      Patches patches,
      PackedMatrix[] parts,
      Rescaling rescaling,
      int zeroPoint,
      boolean unsigned) {
    super(workers, layer, piece, patches, parts);
    this.rescaling = rescaling;
    this.zeroPoint = zeroPoint;
    this.unsigned = unsigned;
  }

  @Override
  void begin(Invocation invocation) {
    input.bind(input(invocation));
    output.bindOutput(invocation.output(0));
  }

  @Override
  public void copy(int from, float[] slab, int to, int count, MicroKernels math) {
    math.widen(input.array(), input.offset() + from, unsigned, slab, to, count);
  }

  @Override
  float beyond() {
    return zeroPoint;
  }

  @Override
  void finish(Scratch scratch, int at, int width, int row, int rows, int column, int columns) {
    byte[] bytes = output.array();
    int to = output.offset() + place(row, column);
    if (parts() == 1) {
      float[] sums = scratch.sums();
      scratch.math.rescale(sums, at, width, rescaling, column, columns, rows, bytes, to, stride());
    } else {
      int[] sums = scratch.integers();
      rescaling.apply(sums, at, width, column, columns, rows, bytes, to, stride());
    }
  }
}
