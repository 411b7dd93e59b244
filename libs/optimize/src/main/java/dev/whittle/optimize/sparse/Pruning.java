package dev.whittle.optimize.sparse;

import dev.whittle.ir.Model;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Magnitude pruning: sets the weights of the smallest magnitude to zero (Han et al., "Learning both
 * weights and connections for efficient neural networks", 2015).
 */
public sealed interface Pruning {
  /** The minimum number of elements of weights to prune. */
  int MIN_ELEMENTS = 1024;

  /**
   * Unstructured pruning: single weights of a constant.
   *
   * @param sparsity the share of the weights that becomes zero, at least 0 and under 1
   */
  record Unstructured(double sparsity) implements Pruning {
    public Unstructured {
      checkSparsity(sparsity);
    }
  }

  /**
   * Block pruning, by the mean magnitude of a block's weights. The weights are seen as a matrix
   * with a row for each slice along the first axis.
   *
   * @param rows the height of a block, at least 1
   * @param columns the width of a block, at least 1
   * @param sparsity the share of the blocks that becomes zero, at least 0 and under 1
   */
  record Blocks(int rows, int columns, double sparsity) implements Pruning {
    public Blocks {
      checkSparsity(sparsity);
      if (rows < 1 || columns < 1) {
        throw new IllegalArgumentException(
            "blocks must be at least 1 x 1, not %d x %d".formatted(rows, columns));
      }
    }
  }

  /**
   * N:M sparsity: of every {@code of} adjacent weights along the last axis, the {@code zeros}
   * smallest become zero (A. Mishra et al., "Accelerating sparse deep neural networks", 2021).
   *
   * @param zeros the number of zeros in a group, at least 0 and under {@code of}
   * @param of the size of a group
   */
  record Adjacent(int zeros, int of) implements Pruning {
    public Adjacent {
      if (zeros < 0 || of < 1 || zeros >= of) {
        throw new IllegalArgumentException(
            "zeros must be at least 0 and fewer than the group, not %d of %d".formatted(zeros, of));
      }
    }
  }

  private static void checkSparsity(double sparsity) {
    if (!(sparsity >= 0 && sparsity < 1)) {
      throw new IllegalArgumentException(
          "sparsity must be at least 0 and under 1, not " + sparsity);
    }
  }

  /**
   * Returns the model with pruned float weights.
   *
   * @param layers a pattern that is searched in the names of an operator's outputs; null for all
   * @throws NoMatchingWeightsException if no weights match
   */
  default Model apply(Model model, @Nullable Pattern layers) {
    return WeightEditor.apply(
        model, layers, MIN_ELEMENTS, (numbers, dims, axis) -> prune(numbers, dims));
  }

  /**
   * Prunes the weights of one constant in place.
   *
   * @param numbers the weights in row-major order
   * @param dims their shape, of at least one dimension
   */
  default void prune(float[] numbers, int[] dims) {
    switch (this) {
      case Unstructured u -> pruneWeights(numbers, u.sparsity());
      case Blocks b -> pruneBlocks(numbers, dims[0], b);
      case Adjacent a -> pruneGroups(numbers, dims[dims.length - 1], a);
    }
  }

  /** Returns the same kind of pruning with another sparsity; that of N:M sparsity is fixed. */
  default Pruning withSparsity(double sparsity) {
    return switch (this) {
      case Unstructured u -> new Unstructured(sparsity);
      case Blocks b -> new Blocks(b.rows(), b.columns(), sparsity);
      case Adjacent a -> a;
    };
  }

  private static void pruneWeights(float[] numbers, double sparsity) {
    int kept = (int) Math.max(1, Math.round(numbers.length * (1 - sparsity)));
    float[] magnitudes = new float[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      magnitudes[i] = Math.abs(numbers[i]);
    }
    zeroBelow(numbers, magnitudes, threshold(magnitudes, kept), kept);
  }

  private static float threshold(float[] magnitudes, int kept) {
    float[] sorted = magnitudes.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length - kept];
  }

  /** Zeroes all but {@code kept} numbers. Of magnitudes equal to the threshold, the first stay. */
  private static void zeroBelow(float[] numbers, float[] magnitudes, float threshold, int kept) {
    int above = 0;
    for (float magnitude : magnitudes) {
      above += magnitude > threshold ? 1 : 0;
    }
    int keptAtThreshold = kept - above;
    for (int i = 0; i < numbers.length; i++) {
      if (magnitudes[i] < threshold || (magnitudes[i] == threshold && keptAtThreshold-- <= 0)) {
        numbers[i] = 0;
      }
    }
  }

  private static void pruneBlocks(float[] numbers, int rows, Blocks blocks) {
    int columns = numbers.length / rows;
    int blockRows = Math.ceilDiv(rows, blocks.rows());
    int blockColumns = Math.ceilDiv(columns, blocks.columns());
    float[] means = new float[blockRows * blockColumns];
    int[] sizes = new int[means.length];
    for (int i = 0; i < numbers.length; i++) {
      int block = i / columns / blocks.rows() * blockColumns + i % columns / blocks.columns();
      means[block] += Math.abs(numbers[i]);
      sizes[block]++;
    }
    for (int b = 0; b < means.length; b++) {
      means[b] /= sizes[b];
    }
    int kept = (int) Math.max(1, Math.round(means.length * (1 - blocks.sparsity())));
    float[] mask = new float[means.length];
    Arrays.fill(mask, 1);
    zeroBelow(mask, means, threshold(means, kept), kept);
    for (int i = 0; i < numbers.length; i++) {
      int block = i / columns / blocks.rows() * blockColumns + i % columns / blocks.columns();
      numbers[i] *= mask[block];
    }
  }

  private static void pruneGroups(float[] numbers, int rowLength, Adjacent pruning) {
    for (int row = 0; row < numbers.length; row += rowLength) {
      for (int group = row; group < row + rowLength; group += pruning.of()) {
        int end = Math.min(group + pruning.of(), row + rowLength);
        // The last group of a row may be shorter; its missing elements count as zeros.
        int zeros = pruning.zeros() - (pruning.of() - (end - group));
        for (int z = 0; z < zeros; z++) {
          int smallest = -1;
          for (int i = group; i < end; i++) {
            boolean smaller = smallest < 0 || Math.abs(numbers[i]) < Math.abs(numbers[smallest]);
            smallest = numbers[i] != 0 && (smaller || numbers[smallest] == 0) ? i : smallest;
          }
          if (smallest >= 0) {
            numbers[smallest] = 0;
          }
        }
      }
    }
  }
}
