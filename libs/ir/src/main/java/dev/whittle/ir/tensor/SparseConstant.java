package dev.whittle.ir.tensor;

import dev.whittle.ir.tensor.Sparsity.Dimension;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The conversion of a sparse constant to the dense tensor that it represents. In the layout of the
 * TensorFlow Lite schema, an axis of size {@code n} that is divided into blocks of {@code k} is
 * stored as two dimensions: one of {@code n / k} blocks and one within a block.
 */
public final class SparseConstant {
  private final Sparsity sparsity;
  private final MemorySegment stored;
  private final Tensor dense;
  private final int[] dimensions;

  /** The size of the blocks along each axis; 1 if it is not divided. */
  private final int[] blocks;

  /** The present coordinate in each stored dimension, by its number in the traversal order. */
  private final int[] coordinates;

  private final long storedElements;

  private SparseConstant(Sparsity sparsity, MemorySegment stored, Tensor dense) {
    this.sparsity = sparsity;
    this.stored = stored;
    this.dense = dense;
    this.dimensions = dense.dims();
    this.blocks = new int[dimensions.length];
    this.coordinates = new int[sparsity.dimensions().size()];
    this.storedElements = stored.byteSize() / Math.max(1, dense.type().bits() / 8);
  }

  /**
   * Fills a dense tensor with the stored elements.
   *
   * @param sparsity the layout
   * @param stored the stored elements
   * @param dense a tensor of zeros, which has its final shape
   * @throws OperandException if the layout is invalid or the type has elements of less than a byte
   */
  public static void fill(Sparsity sparsity, MemorySegment stored, Tensor dense) {
    if (dense.type().bits() < 8) {
      throw OperandException.unsupported("no kernel for a sparse constant of %s", dense.type());
    }
    var constant = new SparseConstant(sparsity, stored, dense);
    constant.checkDimensions();
    constant.visit(0, 0);
  }

  private void checkDimensions() {
    List<Integer> order = sparsity.traversalOrder();
    List<Integer> map = sparsity.blockMap();
    int rank = dimensions.length;
    boolean fits =
        order.size() == rank + map.size()
            && sparsity.dimensions().size() == order.size()
            && order.stream().distinct().count() == order.size()
            && order.stream().allMatch(d -> d >= 0 && d < order.size())
            && map.stream().allMatch(d -> d >= 0 && d < rank)
            && map.stream().distinct().count() == map.size();
    if (!fits) {
      throw OperandException.invalid(
          "the sparse layout of a constant contradicts its shape %s", dense.shape());
    }
    java.util.Arrays.fill(blocks, 1);
    for (int level = 0; level < order.size(); level++) {
      int dimension = order.get(level);
      if (dimension >= rank && sparsity.dimensions().get(level) instanceof Dimension.Dense(int n)) {
        blocks[map.get(dimension - rank)] = n;
      }
    }
  }

  /** Visits the elements below index {@code parent} of the dimension above {@code level}. */
  private void visit(int level, long parent) {
    if (level == coordinates.length) {
      store(parent);
      return;
    }
    int dimension = sparsity.traversalOrder().get(level);
    switch (sparsity.dimensions().get(level)) {
      case Dimension.Dense(int size) -> {
        for (int i = 0; i < size; i++) {
          coordinates[dimension] = i;
          visit(level + 1, parent * size + i);
        }
      }
      case Dimension.Compressed(Sparsity.Indices segments, Sparsity.Indices indices) -> {
        int from = at(segments.values(), parent);
        int to = at(segments.values(), parent + 1);
        for (int k = from; k < to; k++) {
          coordinates[dimension] = at(indices.values(), k);
          visit(level + 1, k);
        }
      }
    }
  }

  private static int at(@Nullable List<Integer> values, long index) {
    if (values == null || index < 0 || index >= values.size()) {
      throw OperandException.invalid(
          "a sparse layout refers to entry %d of %d", index, values == null ? 0 : values.size());
    }
    return values.get((int) index);
  }

  private void store(long source) {
    int rank = dimensions.length;
    long target = 0;
    for (int axis = 0; axis < rank; axis++) {
      long position = (long) coordinates[axis] * blocks[axis];
      int block = sparsity.blockMap().indexOf(axis);
      position += block < 0 ? 0 : coordinates[rank + block];
      if (position < 0 || position >= dimensions[axis]) {
        throw OperandException.invalid(
            "a sparse layout has position %d along axis %d of %s", position, axis, dense.shape());
      }
      target = target * dimensions[axis] + position;
    }
    if (source >= storedElements) {
      throw OperandException.invalid(
          "a sparse layout needs more than the %d stored elements", storedElements);
    }
    long bytes = dense.type().bits() / 8;
    MemorySegment.copy(stored, source * bytes, dense.data(), target * bytes, bytes);
  }
}
