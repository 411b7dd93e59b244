package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import java.lang.foreign.MemorySegment;

/** An elementwise function of broadcast operands, computed block by block. */
abstract class BlockKernel implements Kernel, Workers.Task {
  /** Number of elements of a block: those of all operands stay in the first-level cache. */
  static final int BLOCK = 1 << 11;

  private final Workers workers;
  private final BlockOperand[] operands;
  private final int count;
  private MemorySegment output = MemorySegment.NULL;

  /**
   * A kernel.
   *
   * @param count number of elements of the output
   */
  BlockKernel(Workers workers, int count, BlockOperand... operands) {
    this.workers = workers;
    this.count = count;
    this.operands = operands;
    workers.reserve(2 * BLOCK, 0, 3 * BLOCK);
  }

  @Override
  public final void run(Invocation invocation) {
    for (int i = 0; i < operands.length; i++) {
      operands[i].bind(invocation.input(i));
    }
    output = invocation.output(0).data();
    workers.run(this, Workers.chunks(count));
  }

  @Override
  public final void run(int chunk, Scratch scratch) {
    int end = Workers.first(chunk) + Workers.length(chunk, count);
    for (int from = Workers.first(chunk); from < end; from += BLOCK) {
      block(scratch, from, Math.min(BLOCK, end - from));
    }
  }

  final BlockOperand operand(int i) {
    return operands[i];
  }

  /** Computes {@code count} elements of the output from {@code from} on. */
  abstract void block(Scratch scratch, int from, int count);

  /** Stores a block of floats. */
  final void store(float[] block, int from, int count) {
    MemorySegment.copy(block, 0, output, Tensor.FLOAT, (long) Float.BYTES * from, count);
  }

  /** Stores a block of integers, or of floats as their bits. */
  final void store(int[] block, int from, int count) {
    MemorySegment.copy(block, 0, output, Tensor.INT, (long) Integer.BYTES * from, count);
  }

  /** Stores a block of 16-bit integers. */
  final void store(short[] block, int from, int count) {
    MemorySegment.copy(block, 0, output, Tensor.SHORT, (long) Short.BYTES * from, count);
  }

  /** Stores a block of 64-bit integers. */
  final void store(long[] block, int from, int count) {
    MemorySegment.copy(block, 0, output, Tensor.LONG, (long) Long.BYTES * from, count);
  }

  /** Stores a block of booleans or of 8-bit integers. */
  final void store(byte[] block, int from, int count) {
    MemorySegment.copy(block, 0, output, Tensor.BYTE, from, count);
  }
}
