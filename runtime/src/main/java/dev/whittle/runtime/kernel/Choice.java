package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.MemorySegment;

/** One of two elements of 32 bits each, by a truth value. */
final class Choice implements ElementwiseKernel, Workers.Task {
  private final Workers workers;
  private final BlockOperand condition;
  private final BlockOperand held;
  private final BlockOperand other;
  private final int count;
  private MemorySegment output = MemorySegment.NULL;

  /**
   * A choice.
   *
   * @param held what is chosen where the condition is true
   */
  Choice(
      Workers workers, BlockOperand condition, BlockOperand held, BlockOperand other, int count) {
    this.workers = workers;
    this.condition = condition;
    this.held = held;
    this.other = other;
    this.count = count;
    workers.reserve(0, 0, 2 * BlockOperand.BLOCK);
  }

  @Override
  public void run(Invocation invocation) {
    condition.bind(invocation.input(0));
    held.bind(invocation.input(1));
    other.bind(invocation.input(2));
    output = invocation.output(0).data();
    workers.run(this, Workers.chunks(count));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int[] bits = scratch.integers();
    byte[] truth = scratch.bytes(BlockOperand.BLOCK);
    int end = Workers.first(chunk) + Workers.length(chunk, count);
    for (int from = Workers.first(chunk); from < end; from += BlockOperand.BLOCK) {
      int part = Math.min(BlockOperand.BLOCK, end - from);
      condition.read(from, truth, 0, part);
      held.read(from, bits, 0, part);
      other.read(from, bits, BlockOperand.BLOCK, part);
      choose(truth, bits, part);
      MemorySegment.copy(bits, 0, output, Tensor.INT, 4L * from, part);
    }
  }

  private static void choose(byte[] truth, int[] bits, int part) {
    for (int i = 0; i < part; i++) {
      // All ones where the byte is not zero: conditions that nobody can foresee take no jump.
      int mask = (truth[i] | -truth[i]) >> 31;
      bits[i] = (bits[i] & mask) | (bits[BlockOperand.BLOCK + i] & ~mask);
    }
  }
}
