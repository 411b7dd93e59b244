package dev.whittle.runtime.kernel;

import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.MemorySegment;

/** Casts between floats and 32-bit integers, and from truth values to both. */
final class NumberCast implements Kernel, Workers.Task {
  private final Workers workers;
  private final TensorType from;
  private final TensorType to;
  private final BlockOperand input;
  private final int count;
  private MemorySegment output = MemorySegment.NULL;

  NumberCast(Workers workers, TensorType from, TensorType to, BlockOperand input, int count) {
    this.workers = workers;
    this.from = from;
    this.to = to;
    this.input = input;
    this.count = count;
    workers.reserve(BlockOperand.BLOCK, 0, BlockOperand.BLOCK);
  }

  /** Whether there is such a cast. */
  static boolean has(TensorType from, TensorType to) {
    return switch (from) {
      case FLOAT32 -> to == TensorType.INT32;
      case INT32 -> to == TensorType.FLOAT32;
      case BOOL -> to == TensorType.FLOAT32 || to == TensorType.INT32;
      default -> false;
    };
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    output = invocation.output(0).data();
    workers.run(this, Workers.chunks(count));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    float[] floats = scratch.input();
    int[] integers = scratch.integers();
    int end = Workers.first(chunk) + Workers.length(chunk, count);
    for (int at = Workers.first(chunk); at < end; at += BlockOperand.BLOCK) {
      int part = Math.min(BlockOperand.BLOCK, end - at);
      if (from == TensorType.FLOAT32) {
        input.read(at, floats, 0, part);
        for (int i = 0; i < part; i++) {
          integers[i] = (int) floats[i];
        }
      } else if (from == TensorType.INT32) {
        input.read(at, integers, 0, part);
      } else {
        byte[] truth = scratch.bytes(BlockOperand.BLOCK);
        input.read(at, truth, 0, part);
        for (int i = 0; i < part; i++) {
          integers[i] = truth[i] == 0 ? 0 : 1;
        }
      }
      if (to == TensorType.INT32) {
        MemorySegment.copy(integers, 0, output, Tensor.INT, 4L * at, part);
      } else {
        for (int i = 0; i < part; i++) {
          floats[i] = integers[i];
        }
        MemorySegment.copy(floats, 0, output, Tensor.FLOAT, 4L * at, part);
      }
    }
  }
}
