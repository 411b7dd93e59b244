package dev.whittle.runtime.kernel.execution;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/** Reads tensors of a fixed number of indices of any integer type. */
public final class IndexReader {
  private final long[] values;

  /** A buffer for indices of 32 bits. */
  private final int[] narrow;

  public IndexReader(int count) {
    values = new long[count];
    narrow = new int[count];
  }

  /** Returns the indices in a tensor, always in the same array. */
  public long[] read(Tensor tensor) {
    int count = values.length;
    if (tensor.type() == TensorType.INT32) {
      MemorySegment.copy(tensor.data(), Tensor.INT, 0, narrow, 0, count);
      for (int i = 0; i < count; i++) {
        values[i] = narrow[i];
      }
    } else if (tensor.type() == TensorType.INT64) {
      MemorySegment.copy(tensor.data(), Tensor.LONG, 0, values, 0, count);
    } else {
      for (int i = 0; i < count; i++) {
        values[i] = tensor.getInteger(i);
      }
    }
    return values;
  }

  /** Returns the indices that {@link #read} has read last. */
  public long[] values() {
    return values;
  }
}
