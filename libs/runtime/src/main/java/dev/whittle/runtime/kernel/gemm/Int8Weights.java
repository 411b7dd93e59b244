package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.Operand;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/**
 * Constant 8-bit weights that may be multiplied in single precision: whole numbers below 2^24 are
 * exact there, and no sum of products reaches that if the magnitudes of a column's weights sum up
 * to less than 2^24 over the greatest magnitude of an input.
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

  /** The weights of an operand; null if it is not a constant of 8-bit numbers. */
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

  /** Some of the weights. */
  public Int8Weights at(int[] places) {
    byte[] some = new byte[places.length];
    for (int i = 0; i < some.length; i++) {
      some[i] = stored[places[i]];
    }
    return new Int8Weights(some, mask, zeroPoint);
  }

  /** The weights in row-major order, less their zero point. */
  public float[] toFloats() {
    float[] weights = new float[stored.length];
    copy(0, weights, 0, weights.length);
    return weights;
  }

  /** Copies some of them as floats. */
  public void copy(int from, float[] to, int at, int count) {
    for (int i = 0; i < count; i++) {
      to[at + i] = weight(from + i);
    }
  }

  private int weight(int place) {
    return (stored[place] & mask) - zeroPoint;
  }

  /** What some adjacent weights' magnitudes add up to. */
  private long magnitude(int from, int end) {
    long sum = 0;
    for (int i = from; i < end; i++) {
      sum += Math.abs(weight(i));
    }
    return sum;
  }

  /**
   * The least number of parts of each run whose sums are exact.
   *
   * @param columns of the weights {@code [columns, taps, run]}
   * @param greatest magnitude of an input
   */
  public int parts(int columns, int taps, int greatest) {
    int run = columns == 0 ? 0 : stored.length / columns / taps;
    int parts = 1;
    while (parts < run && !areExact(columns, taps, run, Math.ceilDiv(run, parts), greatest)) {
      parts++;
    }
    return parts;
  }

  private boolean areExact(int columns, int taps, int run, int share, int greatest) {
    if ((long) taps * share * greatest * 255 < LIMIT) {
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
        if (magnitude * greatest >= LIMIT) {
          return false;
        }
      }
    }
    return true;
  }

  /**
   * Whether sums that begin with a bias are exact.
   *
   * @param bias one for each column
   * @param greatest magnitude of an input
   */
  public boolean areExact(int[] bias, int greatest) {
    int depth = bias.length == 0 ? 0 : stored.length / bias.length;
    for (int c = 0; c < bias.length; c++) {
      long magnitude = magnitude(c * depth, (c + 1) * depth);
      if (magnitude * greatest + Math.abs((long) bias[c]) >= LIMIT) {
        return false;
      }
    }
    return true;
  }

  /** The sum of each column's weights, of {@code [columns, depth]}. */
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
