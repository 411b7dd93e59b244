package dev.whittle.runtime.kernel.move;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ArrayView;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.ContiguousCopy;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.IndexReader;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;

/** ONE_HOT: writes one value at the positions that indices name, and another value elsewhere. */
public final class OneHotKernel implements Kernel, Workers.Task {
  private final Workers workers;
  private final IndexReader indices;
  private final int depth;

  /** Number of elements along the axes after the one-hot axis. */
  private final int inner;

  /** Number of elements along the axes before the one-hot axis. */
  private final int outer;

  /** Array elements of an output element: 1 for floats, else its bytes. */
  private final int size;

  private final int outerPerChunk;
  private final ArrayView<?> on;
  private final ArrayView<?> off;
  private final ArrayView<?> results;

  /**
   * A kernel for an output {@code [outer, depth, inner]}, which is not empty.
   *
   * @param type type of the output, of one byte or more
   */
  public OneHotKernel(Workers workers, TensorType type, int outer, int depth, int inner) {
    boolean floats = type == TensorType.FLOAT32;
    this.workers = workers;
    this.indices = new IndexReader(outer * inner);
    this.outer = outer;
    this.depth = depth;
    this.inner = inner;
    this.size = floats ? 1 : type.bits() / 8;
    this.outerPerChunk = Math.max(1, Workers.CHUNK / (depth * inner * size));
    this.on = floats ? new FloatArray() : new ByteArray();
    this.off = floats ? new FloatArray() : new ByteArray();
    this.results = floats ? new FloatArray() : new ByteArray();
  }

  @Override
  public void run(Invocation invocation) {
    indices.read(invocation.input(0));
    on.bind(invocation.input(2));
    off.bind(invocation.input(3));
    results.bindOutput(invocation.output(0));
    workers.run(this, Math.ceilDiv(outer, outerPerChunk));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int first = chunk * outerPerChunk;
    int end = Math.min(first + outerPerChunk, outer);
    int block = depth * inner * size;
    fill(results.offset() + first * block, (end - first) * block);
    for (int i = first * inner; i < end * inner; i++) {
      long index = indices.values()[i];
      if (index >= 0 && index < depth) {
        int element = (i / inner * depth + (int) index) * inner + i % inner;
        int to = results.offset() + element * size;
        ContiguousCopy.adjacent(on.array(), on.offset(), results.array(), to, size);
      }
    }
  }

  /** Fills {@code count} array elements from {@code from} on with the off value. */
  private void fill(int from, int count) {
    Object array = results.array();
    ContiguousCopy.adjacent(off.array(), off.offset(), array, from, size);
    int done = size;
    while (done < count) {
      int more = Math.min(done, count - done);
      ContiguousCopy.adjacent(array, from, array, from + done, more);
      done += more;
    }
  }
}
