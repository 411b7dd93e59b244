package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.Operand;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * Constant 8-bit weights, and the conditions on which products with them are exact in single
 * precision. Integers below 2^24 are exact there. No sum of products reaches that limit if the sum
 * of a column's magnitudes times the maximum magnitude of an input is less.
 */
public final class Int8Weights {
  private static final long LIMIT = 1 << 24;

  private final byte[] stored;
  private final int mask;
  private final int zeroPoint;

  private Int8Weights(byte[] stored, int mask, int zeroPoint) {
    this.stored = stored;
    this.mask = mask;
    this.zeroPoint = zeroPoint;
  }

  /** Returns the weights of an operand; null if it is not a constant of 8-bit integers. */
  public static @Nullable Int8Weights of(Operand operand) {
    Tensor known = operand.known();
    Quantization quantization = operand.quantization();
    if (known == null
        || (known.type() != TensorType.INT8 && known.type() != TensorType.UINT8)
        || quantization == null
        || quantization.zeroPoint().isEmpty()
        || (quantization.isPerAxis() && quantization.zeroPoint().stream().anyMatch(z -> z != 0))) {
      return null;
    }
    int mask = known.type() == TensorType.UINT8 ? 0xff : -1;
    return new Int8Weights(known.data().toArray(Tensor.BYTE), mask, quantization.zeroPointValue());
  }

  /** Returns the weights at some indices. */
  public Int8Weights at(int[] indices) {
    byte[] selected = new byte[indices.length];
    for (int i = 0; i < selected.length; i++) {
      selected[i] = stored[indices[i]];
    }
    return new Int8Weights(selected, mask, zeroPoint);
  }

  /** Returns the weights in row-major order, relative to their zero point. */
  public float[] toFloats() {
    float[] weights = new float[stored.length];
    copy(0, weights, 0, weights.length);
    return weights;
  }

  /** Copies some weights as floats, relative to their zero point. */
  public void copy(int from, float[] to, int at, int count) {
    for (int i = 0; i < count; i++) {
      to[at + i] = weight(from + i);
    }
  }

  private int weight(int index) {
    return (stored[index] & mask) - zeroPoint;
  }

  /** Returns the sum of the magnitudes of some adjacent weights. */
  private long magnitude(int from, int end) {
    long sum = 0;
    for (int i = from; i < end; i++) {
      sum += Math.abs(weight(i));
    }
    return sum;
  }

  /**
   * Returns the minimum number of parts of each run for which sums are exact.
   *
   * @param columns columns of the weights {@code [columns, taps, run]}
   * @param maxInput maximum magnitude of an input
   */
  public int parts(int columns, int taps, int maxInput) {
    int run = columns == 0 ? 0 : stored.length / columns / taps;
    int parts = 1;
    while (parts < run && !areExact(columns, taps, run, Math.ceilDiv(run, parts), maxInput)) {
      parts++;
    }
    return parts;
  }

  private boolean areExact(int columns, int taps, int run, int share, int maxInput) {
    if ((long) taps * share * maxInput * 255 < LIMIT) {
      return true;
    }
    for (int c = 0; c < columns; c++) {
      for (int first = 0; first < run; first += share) {
        long magnitude = 0;
        int end = Math.min(first + share, run);
        for (int tap = 0; tap < taps; tap++) {
          int from = (c * taps + tap) * run;
          magnitude += magnitude(from + first, from + end);
        }
        if (magnitude * maxInput >= LIMIT) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * Returns whether sums with a bias are exact.
   *
   * @param bias one element for each column
   * @param maxInput maximum magnitude of an input
   */
  public boolean areExact(int[] bias, int maxInput) {
    int depth = bias.length == 0 ? 0 : stored.length / bias.length;
    for (int c = 0; c < bias.length; c++) {
      long magnitude = magnitude(c * depth, (c + 1) * depth);
      if (magnitude * maxInput + Math.abs((long) bias[c]) >= LIMIT) {
        return false;
      }
    }
    return true;
  }

  /** Returns the sum of each column of the weights {@code [columns, depth]}. */
  public int[] columnSums(int columns) {
    int depth = columns == 0 ? 0 : stored.length / columns;
    int[] sums = new int[columns];
    for (int c = 0; c < columns; c++) {
      sums[c] = sum(c * depth, (c + 1) * depth);
    }
    return sums;
  }

  private int sum(int from, int end) {
    int sum = 0;
    for (int i = from; i < end; i++) {
      sum += weight(i);
    }
    return sum;
  }
}
