package dev.whittle.runtime.kernel;

import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;

/** Which pairs of floats or 32-bit integers a relation holds for. */
final class Comparison implements Kernel, Workers.Task {
  /** A relation; {@code NOT_EQUAL} alone holds for what is not a number. */
  enum Relation {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_EQUAL
  }

  private final Workers workers;
  private final Relation relation;
  private final boolean floats;
  private final BlockOperand left;
  private final BlockOperand right;
  private final int count;
  private final ByteArray output = new ByteArray();

  /** Which operand is the left one: the others' relations are these turned round. */
  private final int first;

  /**
   * A comparison.
   *
   * @param turned whether it is operand 1 that is compared with operand 0
   */
  Comparison(
      Workers workers,
      Relation relation,
      boolean turned,
      TensorType type,
      BlockOperand left,
      BlockOperand right,
      int count) {
    this.workers = workers;
    this.relation = relation;
    this.first = turned ? 1 : 0;
    this.floats = type == TensorType.FLOAT32;
    this.left = turned ? right : left;
    this.right = turned ? left : right;
    this.count = count;
    int size = 2 * BlockOperand.BLOCK;
    workers.reserve(floats ? size : 0, 0, floats ? 0 : size);
  }

  @Override
  public void run(Invocation invocation) {
    left.bind(invocation.input(first));
    right.bind(invocation.input(1 - first));
    output.bindOutput(invocation.output(0));
    workers.run(this, Workers.chunks(count));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int end = Workers.first(chunk) + Workers.length(chunk, count);
    for (int from = Workers.first(chunk); from < end; from += BlockOperand.BLOCK) {
      int part = Math.min(BlockOperand.BLOCK, end - from);
      int to = output.offset() + from;
      if (floats) {
        left.read(from, scratch.input(), 0, part);
        right.read(from, scratch.input(), BlockOperand.BLOCK, part);
        compare(scratch.input(), part, output.array(), to);
      } else {
        left.read(from, scratch.integers(), 0, part);
        right.read(from, scratch.integers(), BlockOperand.BLOCK, part);
        compare(scratch.integers(), part, output.array(), to);
      }
    }
  }

  private void compare(float[] x, int part, byte[] out, int to) {
    int b = BlockOperand.BLOCK;
    switch (relation) {
      case EQUAL -> {
        for (int i = 0; i < part; i++) {
          out[to + i] = (byte) (x[i] == x[b + i] ? 1 : 0);
        }
      }
      case NOT_EQUAL -> {
        for (int i = 0; i < part; i++) {
          out[to + i] = (byte) (x[i] != x[b + i] ? 1 : 0);
        }
      }
      case LESS -> {
        for (int i = 0; i < part; i++) {
          out[to + i] = (byte) (x[i] < x[b + i] ? 1 : 0);
        }
      }
      case LESS_EQUAL -> {
        for (int i = 0; i < part; i++) {
          out[to + i] = (byte) (x[i] <= x[b + i] ? 1 : 0);
        }
      }
    }
  }

  private void compare(int[] x, int part, byte[] out, int to) {
    int b = BlockOperand.BLOCK;
    switch (relation) {
      case EQUAL -> {
        for (int i = 0; i < part; i++) {
          out[to + i] = (byte) (x[i] == x[b + i] ? 1 : 0);
        }
      }
      case NOT_EQUAL -> {
        for (int i = 0; i < part; i++) {
          out[to + i] = (byte) (x[i] != x[b + i] ? 1 : 0);
        }
      }
      case LESS -> {
        for (int i = 0; i < part; i++) {
          out[to + i] = (byte) (x[i] < x[b + i] ? 1 : 0);
        }
      }
      case LESS_EQUAL -> {
        for (int i = 0; i < part; i++) {
          out[to + i] = (byte) (x[i] <= x[b + i] ? 1 : 0);
        }
      }
    }
  }
}
