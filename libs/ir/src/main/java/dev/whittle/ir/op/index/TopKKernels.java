package dev.whittle.ir.op.index;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;

/**
 * Reference kernels of {@link TopKV2}: a heap of the k best elements of a row. Its root is the
 * worst of them, so that most elements of a long row cost one comparison.
 */
abstract sealed class TopKKernels implements Kernel {
  private int[] heap = {};
  private int size;

  /** Returns whether element {@code i} of the row is ordered before element {@code j}. */
  abstract boolean before(int i, int j);

  /** Loads the row whose first element is at index {@code first}. */
  abstract void load(Tensor in, long first);

  /** Copies the element at index {@code from} to index {@code to}. */
  abstract void store(Tensor out, long to, Tensor in, long from);

  @Override
  public void run(Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor values = invocation.output(0);
    Tensor indices = invocation.output(1);
    int length = in.dim(in.rank() - 1);
    int k = values.dim(values.rank() - 1);
    if (heap.length < k) {
      heap = new int[k];
    }
    long rows = length == 0 || k == 0 ? 0 : in.elements() / length;
    for (long row = 0; row < rows; row++) {
      load(in, row * length);
      selectRow(length, k);
      for (int rank = k - 1; rank >= 0; rank--) {
        int index = heap[0];
        store(values, row * k + rank, in, row * length + index);
        indices.setInteger(row * k + rank, index);
        heap[0] = heap[--size];
        siftDown();
      }
    }
  }

  private void selectRow(int length, int k) {
    size = 0;
    for (int i = 0; i < length; i++) {
      if (size < k) {
        heap[size++] = i;
        siftUp();
      } else if (before(i, heap[0])) {
        heap[0] = i;
        siftDown();
      }
    }
  }

  private void siftUp() {
    int node = size - 1;
    while (node > 0 && before(heap[(node - 1) / 2], heap[node])) {
      swap(node, (node - 1) / 2);
      node = (node - 1) / 2;
    }
  }

  private void siftDown() {
    int node = 0;
    while (true) {
      int worst = node;
      for (int child = 2 * node + 1; child <= 2 * node + 2 && child < size; child++) {
        worst = before(heap[worst], heap[child]) ? child : worst;
      }
      if (worst == node) {
        return;
      }
      swap(node, worst);
      node = worst;
    }
  }

  private void swap(int i, int j) {
    int moved = heap[i];
    heap[i] = heap[j];
    heap[j] = moved;
  }

  /** The kernel of floats. It copies each row, because a comparison reads two elements. */
  static final class Floats extends TopKKernels {
    private float[] row = {};

    @Override
    void load(Tensor in, long first) {
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

  /** The kernel of integers of any width. */
  static final class Integers extends TopKKernels {
    private long[] row = {};

    @Override
    void load(Tensor in, long first) {
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
