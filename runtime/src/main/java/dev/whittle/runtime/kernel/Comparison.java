package dev.whittle.runtime.kernel;

import dev.whittle.ir.TensorType;

/** Which pairs of floats or 32-bit integers a relation holds for. */
final class Comparison extends BlockKernel {
  /** A relation; {@code NOT_EQUAL} alone holds for what is not a number. */
  enum Relation {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_EQUAL
  }

  private final Relation relation;
  private final boolean floats;
  private final BlockOperand left;
  private final BlockOperand right;

  /** Where the left operand's numbers go: those from 0 on are compared with those from BLOCK on. */
  private final int leftAt;

  /**
   * A comparison.
   *
   * @param turned whether it is the right operand that is compared with the left one
   */
  Comparison(
      Workers workers,
      int count,
      Relation relation,
      boolean turned,
      TensorType type,
      BlockOperand left,
      BlockOperand right) {
    super(workers, count, left, right);
    this.relation = relation;
    this.leftAt = turned ? BLOCK : 0;
    this.floats = type == TensorType.FLOAT32;
    this.left = left;
    this.right = right;
  }

  @Override
  void block(Scratch scratch, int from, int count) {
    byte[] truth = scratch.bytes(BLOCK);
    if (floats) {
      left.read(from, scratch.input(), leftAt, count);
      right.read(from, scratch.input(), BLOCK - leftAt, count);
      compare(scratch.input(), truth, count);
    } else {
      left.read(from, scratch.integers(), leftAt, count);
      right.read(from, scratch.integers(), BLOCK - leftAt, count);
      compare(scratch.integers(), truth, count);
    }
    store(truth, from, count);
  }

  private void compare(float[] x, byte[] out, int count) {
    switch (relation) {
      case EQUAL -> {
        for (int i = 0; i < count; i++) {
          out[i] = (byte) (x[i] == x[BLOCK + i] ? 1 : 0);
        }
      }
      case NOT_EQUAL -> {
        for (int i = 0; i < count; i++) {
          out[i] = (byte) (x[i] != x[BLOCK + i] ? 1 : 0);
        }
      }
      case LESS -> {
        for (int i = 0; i < count; i++) {
          out[i] = (byte) (x[i] < x[BLOCK + i] ? 1 : 0);
        }
      }
      case LESS_EQUAL -> {
        for (int i = 0; i < count; i++) {
          out[i] = (byte) (x[i] <= x[BLOCK + i] ? 1 : 0);
        }
      }
    }
  }

  private void compare(int[] x, byte[] out, int count) {
    switch (relation) {
      case EQUAL -> {
        for (int i = 0; i < count; i++) {
          out[i] = (byte) (x[i] == x[BLOCK + i] ? 1 : 0);
        }
      }
      case NOT_EQUAL -> {
        for (int i = 0; i < count; i++) {
          out[i] = (byte) (x[i] != x[BLOCK + i] ? 1 : 0);
        }
      }
      case LESS -> {
        for (int i = 0; i < count; i++) {
          out[i] = (byte) (x[i] < x[BLOCK + i] ? 1 : 0);
        }
      }
      case LESS_EQUAL -> {
        for (int i = 0; i < count; i++) {
          out[i] = (byte) (x[i] <= x[BLOCK + i] ? 1 : 0);
        }
      }
    }
  }
}
