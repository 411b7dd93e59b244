package dev.whittle.runtime.kernel.recurrent;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.IndirectionBuffer;
import dev.whittle.runtime.kernel.simd.PackedMatrix;
import java.util.Arrays;
import java.util.List;

/**
 * Constant 8-bit matrices {@code [columns, depth]}, one below the other, whose products with 8-bit
 * rows are exact: the summed dimension is cut into parts whose sums are exact in single precision.
 */
final class ExactMatrix {
  /**
   * The maximum depth of sums of products that are exact in single precision: elements of rows are
   * bytes relative to any zero point.
   */
  private static final int EXACT_DEPTH = ((1 << 24) - 1) / (255 * 128);

  private final PackedMatrix[] parts;
  private final int depth;
  private final int columns;
  private final int[] columnSums;

  private ExactMatrix(PackedMatrix[] parts, int depth, int columns, int[] columnSums) {
    this.parts = parts;
    this.depth = depth;
    this.columns = columns;
    this.columnSums = columnSums;
  }

  /**
   * Packs matrices.
   *
   * @param shared the packed weights of the model
   * @param matrices constants of INT8, all of the same depth
   */
  static ExactMatrix of(PackedWeights shared, List<Tensor> matrices, int depth, int lanes) {
    int columns = matrices.stream().mapToInt(m -> m.dim(0)).sum();
    var parts = new PackedMatrix[Math.max(1, Math.ceilDiv(depth, EXACT_DEPTH))];
    for (int i = 0; i < parts.length; i++) {
      int first = i * EXACT_DEPTH;
      int run = Math.min(EXACT_DEPTH, depth - first);
      var cut =
          parts.length == 1
              ? PackedMatrix.Cut.whole(depth)
              : new PackedMatrix.Cut(1, depth, first, run);
      parts[i] =
          shared.matrix(
              List.copyOf(matrices),
              cut,
              lanes,
              () -> PackedMatrix.of(floats(matrices), columns, cut, new float[0], lanes));
    }
    return new ExactMatrix(parts, depth, columns, columnSums(matrices, columns, depth));
  }

  private static float[] floats(List<Tensor> matrices) {
    float[] joined = new float[matrices.stream().mapToInt(m -> (int) m.elements()).sum()];
    int at = 0;
    for (Tensor matrix : matrices) {
      for (int i = 0; i < matrix.elements(); i++) {
        joined[at++] = matrix.getByte(i);
      }
    }
    return joined;
  }

  private static int[] columnSums(List<Tensor> matrices, int columns, int depth) {
    int[] sums = new int[columns];
    float[] weights = floats(matrices);
    for (int c = 0; c < columns; c++) {
      for (int i = 0; i < depth; i++) {
        sums[c] += (int) weights[c * depth + i];
      }
    }
    return sums;
  }

  int columns() {
    return columns;
  }

  /**
   * Returns what is added to each sum so that elements of rows count relative to a zero point.
   *
   * @param added one number for each column, or none
   */
  int[] offsets(int zeroPoint, int[] added) {
    int[] offsets = Arrays.copyOf(added, columns);
    for (int c = 0; c < columns; c++) {
      offsets[c] -= zeroPoint * columnSums[c];
    }
    return offsets;
  }

  /**
   * Multiplies rows.
   *
   * @param rows integers of a magnitude up to 255
   * @param left the rows; one run each
   * @param count the number of rows, from the first on
   * @param offsets added to each sum
   * @param results receives {@code [count, columns]}
   */
  void multiply(
      Scratch scratch,
      float[] rows,
      IndirectionBuffer left,
      int count,
      int[] offsets,
      int[] results) {
    float[] sums = scratch.sums();
    for (int part = 0; part < parts.length; part++) {
      PackedMatrix matrix = parts[part];
      int first = part * EXACT_DEPTH;
      scratch.gemm.base(first).rows(0, count).output(0, columns).panels(0, matrix.panels());
      scratch.math.multiply(rows, left, matrix, sums, scratch.gemm, Clamp.NONE);
      for (int row = 0; row < count; row++) {
        int at = row * columns;
        for (int c = 0; c < columns; c++) {
          results[at + c] = (part == 0 ? offsets[c] : results[at + c]) + (int) sums[at + c];
        }
      }
    }
  }

  /** Returns the rows of the left operand for {@link #multiply}. */
  IndirectionBuffer left(int rows) {
    return IndirectionBuffer.ofRows(rows, depth);
  }
}
