package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.DirectInvocation;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A function of each 16-bit number that gives another or a float, looked up: what the reference
 * kernel makes of each of the 65,536.
 */
final class ShortTable implements ElementwiseKernel, Workers.Task {
  /** Elements below which the table is not worth making. */
  static final int MIN_COUNT = 1 << 13;

  private static final int SIZE = 1 << 16;

  /** Elements that are looked up at once. */
  private static final int BLOCK = 1 << 11;

  private final Workers workers;
  private final int count;

  /** The results, or their bits. */
  private final int[] results = new int[SIZE];

  private final boolean toFloats;
  private MemorySegment input = MemorySegment.NULL;
  private MemorySegment output = MemorySegment.NULL;

  /**
   * Tabulates an elementwise operator.
   *
   * @param count elements of the output
   */
  ShortTable(Workers workers, int count, Op op, Operands operands) {
    this.workers = workers;
    this.count = count;
    TensorType type = operands.output(0).type();
    this.toFloats = type == TensorType.FLOAT32;
    Tensor all = new Tensor(TensorType.INT16, null, Tensor.Allocator.HEAP);
    Tensor made = new Tensor(type, null, Tensor.Allocator.HEAP);
    all.resize(SIZE);
    made.resize(SIZE);
    for (int i = 0; i < SIZE; i++) {
      all.setInteger(i, i);
    }
    op.kernel(operands).run(new DirectInvocation(List.of(all), List.of(made)));
    for (int i = 0; i < SIZE; i++) {
      results[i] = toFloats ? made.getInt(i) : (int) made.getInteger(i);
    }
    workers.reserve(0, 0, BLOCK);
  }

  /** Whether there is a table of what an operator gives. */
  static boolean has(TensorType to) {
    return to == TensorType.INT16 || to == TensorType.FLOAT32;
  }

  @Override
  public void run(Invocation invocation) {
    input = invocation.input(0).data();
    output = invocation.output(0).data();
    workers.run(this, Workers.chunks(count));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int end = Workers.first(chunk) + Workers.length(chunk, count);
    short[] numbers = scratch.shorts(BLOCK);
    int[] found = scratch.integers();
    for (int from = Workers.first(chunk); from < end; from += BLOCK) {
      int part = Math.min(BLOCK, end - from);
      MemorySegment.copy(input, Tensor.SHORT, 2L * from, numbers, 0, part);
      if (toFloats) {
        for (int i = 0; i < part; i++) {
          found[i] = results[numbers[i] & 0xffff];
        }
        MemorySegment.copy(found, 0, output, Tensor.INT, 4L * from, part);
      } else {
        for (int i = 0; i < part; i++) {
          numbers[i] = (short) results[numbers[i] & 0xffff];
        }
        MemorySegment.copy(numbers, 0, output, Tensor.SHORT, 2L * from, part);
      }
    }
  }
}
