package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.runtime.kernel.MicroKernels.Binary;
import java.lang.foreign.MemorySegment;

/** A function of two 32-bit integers each, which wraps around. */
final class IntegerBinary implements ElementwiseKernel, Workers.Task {
  private final Workers workers;
  private final Binary function;
  private final BlockOperand left;
  private final BlockOperand right;
  private final int count;
  private MemorySegment output = MemorySegment.NULL;

  IntegerBinary(
      Workers workers, Binary function, BlockOperand left, BlockOperand right, int count) {
    this.workers = workers;
    this.function = function;
    this.left = left;
    this.right = right;
    this.count = count;
    workers.reserve(0, 0, 2 * BlockOperand.BLOCK);
  }

  /** Whether integers have that function. */
  static boolean has(Binary function) {
    return switch (function) {
      case ADD, SUB, MUL, MAXIMUM, MINIMUM -> true;
      case DIV, PRELU, SQUARED_DIFFERENCE -> false;
    };
  }

  @Override
  public void run(Invocation invocation) {
    left.bind(invocation.input(0));
    right.bind(invocation.input(1));
    output = invocation.output(0).data();
    workers.run(this, Workers.chunks(count));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int[] integers = scratch.integers();
    int end = Workers.first(chunk) + Workers.length(chunk, count);
    for (int from = Workers.first(chunk); from < end; from += BlockOperand.BLOCK) {
      int part = Math.min(BlockOperand.BLOCK, end - from);
      left.read(from, integers, 0, part);
      right.read(from, integers, BlockOperand.BLOCK, part);
      apply(integers, part);
      MemorySegment.copy(integers, 0, output, Tensor.INT, 4L * from, part);
    }
  }

  private void apply(int[] x, int part) {
    int b = BlockOperand.BLOCK;
    switch (function) {
      case ADD -> {
        for (int i = 0; i < part; i++) {
          x[i] += x[b + i];
        }
      }
      case SUB -> {
        for (int i = 0; i < part; i++) {
          x[i] -= x[b + i];
        }
      }
      case MUL -> {
        for (int i = 0; i < part; i++) {
          x[i] *= x[b + i];
        }
      }
      case MAXIMUM -> {
        for (int i = 0; i < part; i++) {
          x[i] = Math.max(x[i], x[b + i]);
        }
      }
      case MINIMUM -> {
        for (int i = 0; i < part; i++) {
          x[i] = Math.min(x[i], x[b + i]);
        }
      }
      case DIV, PRELU, SQUARED_DIFFERENCE -> throw new IllegalStateException(function.name());
    }
  }
}
