package dev.whittle.ir.op.index;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;

/**
 * The reference kernels of {@link TopKV2}: a heap of the k best of a row, whose root is the worst
 * of them, so that most elements of a long row cost one comparison.
 */
abstract sealed class TopKKernels implements Kernel {
  private int[] heap = {};
  private int size;

  /** Whether the element at {@code i} of the row comes before the one at {@code j}. */
  abstract boolean before(int i, int j);

  abstract void select(Tensor in, long row);

  abstract void store(Tensor out, long to, Tensor in, long from);

  @Override
  public void run(Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor values = invocation.output(0);
    Tensor places = invocation.output(1);
    int length = in.dim(in.rank() - 1);
    int k = values.dim(values.rank() - 1);
    if (heap.length < k) {
      heap = new int[k];
    }
    long rows = length == 0 || k == 0 ? 0 : in.elements() / length;
    for (long row = 0; row < rows; row++) {
      select(in, row * length);
      selectRow(length, k);
      for (int rank = k - 1; rank >= 0; rank--) {
        int place = heap[0];
        store(values, row * k + rank, in, row * length + place);
        places.setInteger(row * k + rank, place);
        heap[0] = heap[--size];
        sink();
      }
    }
  }

  private void selectRow(int length, int k) {
    size = 0;
    for (int i = 0; i < length; i++) {
      if (size < k) {
        heap[size++] = i;
        rise();
      } else if (before(i, heap[0])) {
        heap[0] = i;
        sink();
      }
    }
  }

  private void rise() {
    int at = size - 1;
    while (at > 0 && before(heap[(at - 1) / 2], heap[at])) {
      swap(at, (at - 1) / 2);
      at = (at - 1) / 2;
    }
  }

  private void sink() {
    int at = 0;
    while (true) {
      int worst = at;
      for (int child = 2 * at + 1; child <= 2 * at + 2 && child < size; child++) {
        worst = before(heap[worst], heap[child]) ? child : worst;
      }
      if (worst == at) {
        return;
      }
      swap(at, worst);
      at = worst;
    }
  }

  private void swap(int i, int j) {
    int kept = heap[i];
    heap[i] = heap[j];
    heap[j] = kept;
  }

  /** Floats; a row is copied out once because every comparison reads two elements. */
  static final class Floats extends TopKKernels {
    private float[] row = {};

    @Override
    void select(Tensor in, long first) {
      int length = in.dim(in.rank() - 1);
      if (row.length < length) {
        row = new float[length];
      }
      for (int i = 0; i < length; i++) {
        row[i] = in.getFloat(first + i);
      }
    }

    @Override
    boolean before(int i, int j) {
      return row[i] > row[j] || (row[i] == row[j] && i < j);
    }

    @Override
    void store(Tensor out, long to, Tensor in, long from) {
      out.setFloat(to, in.getFloat(from));
    }
  }

  /** Integers of any width. */
  static final class Integers extends TopKKernels {
    private long[] row = {};

    @Override
    void select(Tensor in, long first) {
      int length = in.dim(in.rank() - 1);
      if (row.length < length) {
        row = new long[length];
      }
      for (int i = 0; i < length; i++) {
        row[i] = in.getInteger(first + i);
      }
    }

    @Override
    boolean before(int i, int j) {
      return row[i] > row[j] || (row[i] == row[j] && i < j);
    }

    @Override
    void store(Tensor out, long to, Tensor in, long from) {
      out.setInteger(to, in.getInteger(from));
    }
  }
}
