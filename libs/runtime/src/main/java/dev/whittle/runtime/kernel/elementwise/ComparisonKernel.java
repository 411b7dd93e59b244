package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import java.util.Arrays;

/** A comparison of floats, or of 32-bit or 64-bit integers. */
public final class ComparisonKernel extends BlockKernel {
  /** A relation; only {@code NOT_EQUAL} holds for a NaN. */
  public enum Relation {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_EQUAL
  }

  private static final int INFINITY = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

  private final Relation relation;
  private final TensorType type;

  /**
   * Offset of the left operand's elements; those from 0 on are compared with those from BLOCK on.
   */
  private final int leftAt;

  /**
   * A comparison.
   *
   * @param turned whether the relation is of the right operand to the left one
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

  /** Returns whether a type is supported. */
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
        // A left NaN becomes greater than all numbers and a right one less, so that no relation
        // holds.
        orderFloats(x, 0, count, Integer.MAX_VALUE);
        orderFloats(x, BLOCK, count, Integer.MIN_VALUE);
      }
    }
    compare(x, count);
    byte[] booleanValue = scratch.bytes(BLOCK);
    scratch.math.narrow(x, booleanValue, count);
    store(booleanValue, from, count);
  }

  /** Maps pairs of 64-bit integers to pairs that compare alike: their order, and 0. */
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
   * Maps the bits of floats to integers that compare alike; both zeros become equal.
   *
   * @param none the integer for a NaN
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

  /** Replaces each left element by 1 if the relation holds, else by 0. */
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

  /** Returns a negative integer if {@code a < b}: the sign of their difference without overflow. */
  private static int lessSign(int a, int b) {
    return (a & ~b) | (~(a ^ b) & (a - b));
  }

  private static long lessSign(long a, long b) {
    return (a & ~b) | (~(a ^ b) & (a - b));
  }
}
