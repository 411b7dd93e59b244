package dev.whittle.ir.tensor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the stored values of a sparse constant map to its dense form, after the TACO scheme of the
 * TensorFlow Lite schema: the dimensions in storage order, the original dimension of each block
 * dimension, and per stored dimension either a dense extent or compressed rows.
 */
public record Sparsity(
    List<Integer> traversalOrder, List<Integer> blockMap, List<Dimension> dimensions) {
  public Sparsity {
    traversalOrder = List.copyOf(traversalOrder);
    blockMap = List.copyOf(blockMap);
    dimensions = List.copyOf(dimensions);
  }

  /** One stored dimension. */
  public sealed interface Dimension {
    /** All {@code size} coordinates are stored. */
    record Dense(int size) implements Dimension {}

    /**
     * Compressed sparse rows: the coordinates of parent {@code p} are {@code
     * indices[segments[p]..segments[p+1])}.
     */
    record Compressed(Indices segments, Indices indices) implements Dimension {}
  }

  /** Unsigned numbers with the width they are stored in: 8, 16 or 32 bits; null where absent. */
  public record Indices(int bits, @Nullable List<Integer> values) {
    public Indices {
      values = values == null ? null : List.copyOf(values);
    }
  }
}
