package dev.whittle.ir.tensor;

import dev.whittle.ir.tensor.Sparsity.Dimension;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lays the stored elements of a sparse constant out as the dense tensor they stand for. The layout
 * is that of the TensorFlow Lite schema: an axis of extent {@code e} that is cut into blocks of
 * {@code k} is stored as two dimensions, one of {@code e / k} blocks and one within a block.
 */
public final class SparseConstant {
  private final Sparsity sparsity;
  private final MemorySegment stored;
  private final Tensor dense;
  private final int[] dimensions;

  /** Extent of the blocks along each axis, 1 where it is not cut. */
  private final int[] blocks;

  /** The present coordinate in each stored dimension, by the number that traversal order gives. */
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
   * Fills {@code dense}, which has its extents and zeros.
   *
   * @throws OperandException if the layout contradicts itself or the type has elements of less than
   *     a byte
   */
  public static void fill(Sparsity sparsity, MemorySegment stored, Tensor dense) {
    if (dense.type().bits() < 8) {
      throw OperandException.unsupported("sparse constant of type %s", dense.type());
    }
    var constant = new SparseConstant(sparsity, stored, dense);
    constant.checkDimensions();
    constant.walk(0, 0);
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
      throw OperandException.invalid("sparse layout does not fit %s", dense.shape());
    }
    java.util.Arrays.fill(blocks, 1);
    for (int level = 0; level < order.size(); level++) {
      int dimension = order.get(level);
      if (dimension >= rank && sparsity.dimensions().get(level) instanceof Dimension.Dense(int n)) {
        blocks[map.get(dimension - rank)] = n;
      }
    }
  }

  /** Visits what is stored below place {@code parent} of the dimension above {@code level}. */
  private void walk(int level, long parent) {
    if (level == coordinates.length) {
      store(parent);
      return;
    }
    int dimension = sparsity.traversalOrder().get(level);
    switch (sparsity.dimensions().get(level)) {
      case Dimension.Dense(int size) -> {
        for (int i = 0; i < size; i++) {
          coordinates[dimension] = i;
          walk(level + 1, parent * size + i);
        }
      }
      case Dimension.Compressed(Sparsity.Indices segments, Sparsity.Indices indices) -> {
        int from = at(segments.values(), parent);
        int to = at(segments.values(), parent + 1);
        for (int k = from; k < to; k++) {
          coordinates[dimension] = at(indices.values(), k);
          walk(level + 1, k);
        }
      }
    }
  }

  private static int at(@Nullable List<Integer> values, long index) {
    if (values == null || index < 0 || index >= values.size()) {
      throw OperandException.invalid("sparse layout refers to place %d, which is missing", index);
    }
    return values.get((int) index);
  }

  private void store(long source) {
    int rank = dimensions.length;
    long target = 0;
    for (int axis = 0; axis < rank; axis++) {
      long place = (long) coordinates[axis] * blocks[axis];
      int cut = sparsity.blockMap().indexOf(axis);
      place += cut < 0 ? 0 : coordinates[rank + cut];
      if (place < 0 || place >= dimensions[axis]) {
        throw OperandException.invalid("sparse layout exceeds axis %d of %s", axis, dense.shape());
      }
      target = target * dimensions[axis] + place;
    }
    if (source >= storedElements) {
      throw OperandException.invalid("sparse layout needs more than %d elements", storedElements);
    }
    long bytes = dense.type().bits() / 8;
    MemorySegment.copy(stored, source * bytes, dense.data(), target * bytes, bytes);
  }
}
