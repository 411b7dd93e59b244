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

  private final int blocks;

  /** Array elements of an output element: 1 for floats, else its bytes. */
  private final int size;

  private final int blocksPerChunk;
  private final ArrayView<?> on;
  private final ArrayView<?> off;
  private final ArrayView<?> results;

  public OneHotKernel(Workers workers, TensorType type, int blocks, int depth, int inner) {
    boolean floats = type == TensorType.FLOAT32;
    this.workers = workers;
    this.indices = new IndexReader(blocks * inner);
    this.blocks = blocks;
    this.depth = depth;
    this.inner = inner;
    this.size = floats ? 1 : type.bits() / 8;
    this.blocksPerChunk = Math.max(1, Workers.CHUNK / (depth * inner * size));
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
    workers.run(this, Math.ceilDiv(blocks, blocksPerChunk));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int first = chunk * blocksPerChunk;
    int end = Math.min(first + blocksPerChunk, blocks);
    int block = depth * inner * size;
    int place = results.offset() + first * block;
    fill(place, (end - first) * block);
    for (int i = first * inner; i < end * inner; i++) {
      long index = indices.values()[i];
      if (index >= 0 && index < depth) {
        int element = (i / inner * depth + (int) index) * inner + i % inner;
        int to = results.offset() + element * size;
        ContiguousCopy.adjacent(on.array(), on.offset(), results.array(), to, size);
      }
    }
  }

  private void fill(int place, int count) {
    Object array = results.array();
    ContiguousCopy.adjacent(off.array(), off.offset(), array, place, size);
    int done = size;
    while (done < count) {
      int more = Math.min(done, count - done);
      ContiguousCopy.adjacent(array, place, array, place + done, more);
      done += more;
    }
  }
}
