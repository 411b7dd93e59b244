package dev.whittle.runtime.kernel.recurrent;

import dev.whittle.ir.Operand;
import dev.whittle.ir.op.common.RowScale;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.IndirectionBuffer;
import dev.whittle.runtime.kernel.simd.PackedMatrix;
import dev.whittle.runtime.kernel.simd.RowQuantization;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Products of rows of floats with a constant matrix {@code [columns, depth]} of floats or of 8
 * bits. For the latter, rows are quantized dynamically; the results are then bit by bit those of
 * the reference kernels. Used by one thread.
 */
final class RowProduct {
  private final int depth;
  private final int columns;
  private final IndirectionBuffer left;

  /** The matrix of floats; null for 8 bits. */
  private final @Nullable PackedMatrix floats;

  private final @Nullable ExactMatrix bytes;
  private final boolean asymmetric;
  private final float weightScale;
  private final float[] quantized;
  private final int[] sums;
  private final int[] noOffsets;
  private final float[] scales;
  private final float[] minima = new float[1];
  private final float[] maxima = new float[1];
  private final RowQuantization quantization = new RowQuantization();
  private final RowScale scale = new RowScale();

  private RowProduct(
      Workers workers,
      PackedWeights shared,
      Operand weights,
      Tensor known,
      int rows,
      boolean asymmetric) {
    this.columns = known.dim(0);
    this.depth = known.dim(1);
    this.asymmetric = asymmetric;
    this.left = IndirectionBuffer.ofRows(rows, depth);
    int lanes = workers.lanes();
    boolean hybrid = known.type() == TensorType.INT8;
    var cut = PackedMatrix.Cut.whole(depth);
    this.floats =
        hybrid
            ? null
            : shared.matrix(
                List.of(known),
                cut,
                lanes,
                () -> PackedMatrix.of(elements(known), columns, cut, new float[0], lanes));
    this.bytes = hybrid ? ExactMatrix.of(shared, List.of(known), depth, lanes) : null;
    this.weightScale = hybrid ? weights.requireQuantization().scales()[0] : 1;
    this.quantized = new float[hybrid ? ArraySize.product(rows, depth) : 0];
    this.sums = new int[hybrid ? ArraySize.product(rows, columns) : 0];
    this.noOffsets = new int[hybrid ? columns : 0];
    this.scales = new float[rows];
    workers.reserve(0, ArraySize.product(rows, columns), 0);
  }

  /**
   * Prepares products.
   *
   * @param rows the largest number of rows of one product
   * @param asymmetric whether rows are quantized with a zero point
   * @return null if the weights are no constant matrix of floats or 8 bits
   */
  static @Nullable RowProduct of(
      Workers workers, PackedWeights shared, Operand weights, int rows, boolean asymmetric) {
    Tensor known = weights.known();
    boolean fits =
        known != null
            && (known.type() == TensorType.FLOAT32 || known.type() == TensorType.INT8)
            && known.rank() == 2
            && known.elements() > 0;
    return known == null || !fits
        ? null
        : new RowProduct(workers, shared, weights, known, rows, asymmetric);
  }

  private static float[] elements(Tensor known) {
    float[] elements = new float[Math.toIntExact(known.elements())];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = known.getFloat(i);
    }
    return elements;
  }

  int columns() {
    return columns;
  }

  int depth() {
    return depth;
  }

  boolean isHybrid() {
    return bytes != null;
  }

  /**
   * Adds the products of some rows to {@code results}.
   *
   * @param from the array of the rows, which are adjacent from index {@code at} on
   * @param count the number of rows
   * @param results {@code [count, columns]} from index {@code to} on
   */
  void add(Scratch scratch, float[] from, int at, int count, float[] results, int to) {
    if (bytes != null) {
      addHybrid(scratch, bytes, from, at, count, results, to);
      return;
    }
    if (floats != null) {
      float[] products = scratch.sums();
      scratch.gemm.base(at).rows(0, count).output(0, columns).panels(0, floats.panels());
      scratch.math.multiply(from, left, floats, products, scratch.gemm, Clamp.NONE);
      scratch.math.add(results, to, products, 0, count * columns);
    }
  }

  private void addHybrid(
      Scratch scratch,
      ExactMatrix matrix,
      float[] from,
      int at,
      int count,
      float[] results,
      int to) {
    for (int row = 0; row < count; row++) {
      scratch.math.range(from, at + row * depth, depth, minima, maxima, 0);
      scale.set(minima[0], maxima[0], asymmetric);
      scales[row] = scale.scale();
      quantization.set(scale.inverse(), scale.zeroPoint(), scale.low(), RowScale.HIGH);
      int first = row * depth;
      scratch.math.quantizeRow(from, at + first, quantization, quantized, first, depth);
    }
    matrix.multiply(scratch, quantized, left, count, noOffsets, sums);
    for (int row = 0; row < count; row++) {
      float factor = scales[row] * weightScale;
      int first = row * columns;
      for (int c = 0; c < columns; c++) {
        results[to + first + c] += sums[first + c] * factor;
      }
    }
  }
}
