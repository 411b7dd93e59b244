package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import java.util.Arrays;

/** Which pairs of floats or integers a relation holds for. */
public final class ComparisonKernel extends BlockKernel {
  /** A relation; {@code NOT_EQUAL} alone holds for what is not a number. */
  public enum Relation {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_EQUAL
  }

  private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

  private final Relation relation;
  private final TensorType type;

  /** Where the left operand's numbers go: those from 0 on are compared with those from BLOCK on. */
  private final int leftAt;

  /**
   * A comparison.
   *
   * @param turned whether it is the right operand that is compared with the left one
   */
  public ComparisonKernel(
      Workers workers,
      int count,
      Relation relation,
      boolean turned,
      TensorType type,
      BlockOperand... operands) {
    super(workers, count, operands);
    this.relation = relation;
    this.leftAt = turned ? BLOCK : 0;
    this.type = type;
  }

  /** Whether there are comparisons of a type. */
  public static boolean has(TensorType type) {
    return type == TensorType.FLOAT32 || type == TensorType.INT32 || type == TensorType.INT64;
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    int[] x = scratch.integers();
    if (type == TensorType.INT64) {
      long[] longs = scratch.longs(2 * BLOCK);
      operand(0).read(from, longs, leftAt, count);
      operand(1).read(from, longs, BLOCK - leftAt, count);
      takeOrder(longs, x, count);
    } else {
      operand(0).read(from, x, leftAt, count);
      operand(1).read(from, x, BLOCK - leftAt, count);
      if (type == TensorType.FLOAT32) {
        // What is compared is beyond all numbers, what it is compared with below.
        orderFloats(x, 0, count, Integer.MAX_VALUE);
        orderFloats(x, BLOCK, count, Integer.MIN_VALUE);
      }
    }
    compare(x, count);
    byte[] booleanValue = scratch.bytes(BLOCK);
    scratch.math.narrow(x, booleanValue, count);
    store(booleanValue, from, count);
  }

  /** Makes integers of pairs of 64 bits that compare as these do: their order, and 0. */
  private static void takeOrder(long[] longs, int[] x, int count) {
    for (int i = 0; i < count; i++) {
      long a = longs[i];
      long b = longs[BLOCK + i];
      longs[i] = (lessSign(a, b) >> 63) | (lessSign(b, a) >>> 63);
    }
    for (int i = 0; i < count; i++) {
      x[i] = (int) longs[i];
    }
    Arrays.fill(x, BLOCK, BLOCK + count, 0);
  }

  /**
   * Makes integers of the bits of floats that compare as these do: zeros are equal.
   *
   * @param none what becomes of those that are not a number
   */
  private static void orderFloats(int[] x, int first, int count, int none) {
    for (int i = first; i < first + count; i++) {
      int sign = x[i] >> 31;
      int magnitude = x[i] & Integer.MAX_VALUE;
      // All ones where the bits are beyond those of infinity.
      int mask = (INFINITY - magnitude) >> 31;
      x[i] = (((magnitude ^ sign) - sign) & ~mask) | (none & mask);
    }
  }

  /** Leaves 1 for each pair that the relation holds for, else 0. */
  private void compare(int[] x, int count) {
    switch (relation) {
      case EQUAL -> {
        for (int i = 0; i < count; i++) {
          int difference = x[i] ^ x[BLOCK + i];
          x[i] = ~(difference | -difference) >>> 31;
        }
      }
      case NOT_EQUAL -> {
        for (int i = 0; i < count; i++) {
          int difference = x[i] ^ x[BLOCK + i];
          x[i] = (difference | -difference) >>> 31;
        }
      }
      case LESS -> {
        for (int i = 0; i < count; i++) {
          x[i] = lessSign(x[i], x[BLOCK + i]) >>> 31;
        }
      }
      case LESS_EQUAL -> {
        for (int i = 0; i < count; i++) {
          x[i] = ~lessSign(x[BLOCK + i], x[i]) >>> 31;
        }
      }
    }
  }

  /** Negative where one integer is less than another: their difference's sign, unless it wraps. */
  private static int lessSign(int a, int b) {
    return (a & ~b) | (~(a ^ b) & (a - b));
  }

  private static long lessSign(long a, long b) {
    return (a & ~b) | (~(a ^ b) & (a - b));
  }
}
