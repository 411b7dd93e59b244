package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;

/**
 * A convolution or dense layer of 8-bit numbers, bit for bit as the reference kernels: products and
 * sums in single precision are exact, see {@link ExactWeights}. The input's zero point is not
 * subtracted before: what it contributes to each column is in the bias.
 */
final class IntegerProduct extends Product {
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
    reserveBlocks();
  }

  @Override
  void begin(Invocation invocation) {
    input.bind(input(invocation));
    output.bindOutput(invocation.output(0));
  }

  @Override
  float[] pictures() {
    throw new IllegalStateException("bytes are copied to slabs");
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
  void rows(
      Scratch scratch, float[] in, int first, int count, int row, int firstPanel, int lastPanel) {
    float[] sums = scratch.sums();
    int width = width();
    int column = firstColumn(firstPanel);
    int columns = endColumn(lastPanel) - column;
    for (int from = 0; from < count; from += blockRows) {
      int block = Math.min(blockRows, count - from);
      sum(scratch, in, first + from, block, firstPanel, lastPanel);
      for (int done = 0; done < block; ) {
        int adjacent = adjacentRows(row + from + done, block - done);
        int to = output.offset() + place(row + from + done, column);
        int at = done * width + column;
        if (parts() == 1) {
          scratch.math.rescale(
              sums, at, width, rescaling, column, columns, adjacent, output.array(), to, stride());
        } else {
          rescaling.apply(
              scratch.integers(),
              at,
              width,
              column,
              columns,
              adjacent,
              output.array(),
              to,
              stride());
        }
        done += adjacent;
      }
    }
  }
}
