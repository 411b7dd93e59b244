package dev.whittle.optimize.sparse;

import dev.whittle.ir.Model;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Sets the weights of least magnitude to zero (quantization notes, section a.6). */
public sealed interface Pruning {
  /** Weights of fewer elements are not worth pruning. */
  int MIN_ELEMENTS = 1024;

  /**
   * Single weights.
   *
   * @param sparsity the share that becomes zero, from 0 to under 1
   */
  record Unstructured(double sparsity) implements Pruning {
    public Unstructured {
      checkSparsity(sparsity);
    }
  }

  /**
   * Whole blocks, by the mean magnitude of their weights. The weights count as a matrix: a row for
   * each output channel.
   */
  record Blocks(int rows, int columns, double sparsity) implements Pruning {
    public Blocks {
      checkSparsity(sparsity);
      if (rows < 1 || columns < 1) {
        throw new IllegalArgumentException("blocks of " + rows + " x " + columns);
      }
    }
  }

  /** Of every {@code of} adjacent weights along the last axis, the {@code zeros} smallest. */
  record Adjacent(int zeros, int of) implements Pruning {
    public Adjacent {
      if (zeros < 0 || of < 1 || zeros >= of) {
        throw new IllegalArgumentException(zeros + " zeros of every " + of);
      }
    }
  }

  private static void checkSparsity(double sparsity) {
    if (!(sparsity >= 0 && sparsity < 1)) {
      throw new IllegalArgumentException("sparsity must be at least 0 and under 1, is " + sparsity);
    }
  }

  /**
   * Prunes the float weights of a model.
   *
   * @param layers found in the name of an output of an operator; null for all
   */
  default Model apply(Model model, @Nullable Pattern layers) {
    return WeightEditor.apply(
        model, layers, MIN_ELEMENTS, (numbers, dims, axis) -> prune(numbers, dims));
  }

  /**
   * Prunes one constant in place.
   *
   * @param dims its extents, at least one
   */
  default void prune(float[] numbers, int[] dims) {
    switch (this) {
      case Unstructured u -> pruneSingles(numbers, u.sparsity());
      case Blocks b -> pruneBlocks(numbers, dims[0], b);
      case Adjacent p -> prunePattern(numbers, dims[dims.length - 1], p);
    }
  }

  /** The same form of pruning with another share of zeros; patterns have a fixed one. */
  default Pruning withSparsity(double sparsity) {
    return switch (this) {
      case Unstructured u -> new Unstructured(sparsity);
      case Blocks b -> new Blocks(b.rows(), b.columns(), sparsity);
      case Adjacent p -> p;
    };
  }

  private static void pruneSingles(float[] numbers, double sparsity) {
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

  /** Of equal magnitudes at the threshold, the first are kept. */
  private static void zeroBelow(float[] numbers, float[] magnitudes, float threshold, int kept) {
    int above = 0;
    for (float magnitude : magnitudes) {
      above += magnitude > threshold ? 1 : 0;
    }
    int equal = kept - above;
    for (int i = 0; i < numbers.length; i++) {
      if (magnitudes[i] < threshold || (magnitudes[i] == threshold && equal-- <= 0)) {
        numbers[i] = 0;
      }
    }
  }

  private static void pruneBlocks(float[] numbers, int rows, Blocks blocks) {
    int columns = numbers.length / rows;
    int down = Math.ceilDiv(rows, blocks.rows());
    int across = Math.ceilDiv(columns, blocks.columns());
    float[] means = new float[down * across];
    int[] sizes = new int[means.length];
    for (int i = 0; i < numbers.length; i++) {
      int block = i / columns / blocks.rows() * across + i % columns / blocks.columns();
      means[block] += Math.abs(numbers[i]);
      sizes[block]++;
    }
    for (int b = 0; b < means.length; b++) {
      means[b] /= sizes[b];
    }
    int kept = (int) Math.max(1, Math.round(means.length * (1 - blocks.sparsity())));
    float[] marks = new float[means.length];
    Arrays.fill(marks, 1);
    zeroBelow(marks, means, threshold(means, kept), kept);
    for (int i = 0; i < numbers.length; i++) {
      int block = i / columns / blocks.rows() * across + i % columns / blocks.columns();
      numbers[i] *= marks[block];
    }
  }

  private static void prunePattern(float[] numbers, int row, Adjacent pattern) {
    for (int start = 0; start < numbers.length; start += row) {
      for (int at = start; at < start + row; at += pattern.of()) {
        int end = Math.min(at + pattern.of(), start + row);
        // What is missing at the end of a row counts as zeros.
        int zeros = pattern.zeros() - (pattern.of() - (end - at));
        for (int z = 0; z < zeros; z++) {
          int least = -1;
          for (int i = at; i < end; i++) {
            boolean smaller = least < 0 || Math.abs(numbers[i]) < Math.abs(numbers[least]);
            least = numbers[i] != 0 && (smaller || numbers[least] == 0) ? i : least;
          }
          if (least >= 0) {
            numbers[least] = 0;
          }
        }
      }
    }
  }
}
