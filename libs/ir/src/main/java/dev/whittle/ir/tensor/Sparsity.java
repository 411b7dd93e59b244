package dev.whittle.ir.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The layout of a sparse constant, in the format of the TensorFlow Lite schema, which is that of
 * TACO (F. Kjolstad et al., "The tensor algebra compiler", 2017).
 *
 * @param traversalOrder the dimensions in the order in which they are stored: those of the dense
 *     tensor, followed by those within blocks
 * @param blockMap the dense dimension that each block dimension divides
 * @param dimensions the format of each stored dimension
 */
public record Sparsity(
    List<Integer> traversalOrder, List<Integer> blockMap, List<Dimension> dimensions) {
  public Sparsity {
    traversalOrder = List.copyOf(traversalOrder);
    blockMap = List.copyOf(blockMap);
    dimensions = List.copyOf(dimensions);
  }

  /** The format of a stored dimension. */
  public sealed interface Dimension {
    /**
     * A dimension all of whose coordinates are stored.
     *
     * @param size the number of coordinates
     */
    record Dense(int size) implements Dimension {}

    /**
     * A dimension in compressed sparse row format: the coordinates below parent {@code p} are
     * {@code indices[segments[p]..segments[p+1])}.
     *
     * @param segments the first index of each parent, and the number of indices
     * @param indices the coordinates
     */
    record Compressed(Indices segments, Indices indices) implements Dimension {}
  }

  /**
   * Unsigned integers of a compressed dimension.
   *
   * @param bits the bits that each takes in the file: 8, 16 or 32
   * @param values the integers; null if the file leaves them out
   */
  public record Indices(int bits, @Nullable List<Integer> values) {
    public Indices {
      values = values == null ? null : List.copyOf(values);
    }
  }
}
