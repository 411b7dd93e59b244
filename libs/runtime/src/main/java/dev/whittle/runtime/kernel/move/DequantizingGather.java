package dev.whittle.runtime.kernel.move;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import java.lang.foreign.MemorySegment;

/** EMBEDDING_LOOKUP of 8-bit rows that are dequantized to floats. */
public final class DequantizingGather implements Kernel, Workers.Task {
  private final Workers workers;
  private final RowIndices indices;
  private final int length;

  /** The scale of each row of the table, or one for all. */
  private final float[] scales;

  private final int rowsPerChunk;
  private final FloatArray results = new FloatArray();
  private MemorySegment table = MemorySegment.NULL;

  /**
   * A kernel.
   *
   * @param indices the rows to look up, which operand 0 holds
   * @param length number of elements of a row
   * @param scales the scale of each row of the table, or one for all
   */
  public DequantizingGather(Workers workers, RowIndices indices, int length, float... scales) {
    this.workers = workers;
    this.indices = indices;
    this.length = length;
    this.scales = scales;
    this.rowsPerChunk = Math.max(1, Workers.CHUNK / length);
  }

  @Override
  public void run(Invocation invocation) {
    indices.read(invocation.input(0));
    table = invocation.input(1).data();
    results.bindOutput(invocation.output(0));
    workers.run(this, Math.ceilDiv(indices.count(), rowsPerChunk));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int first = chunk * rowsPerChunk;
    int end = Math.min(first + rowsPerChunk, indices.count());
    byte[] elements = scratch.bytes(length);
    for (int i = first; i < end; i++) {
      int row = indices.rows()[i];
      MemorySegment.copy(table, Tensor.BYTE, (long) row * length, elements, 0, length);
      float scale = scales[scales.length == 1 ? 0 : row];
      dequantize(elements, scale, results.array(), results.offset() + i * length, length);
    }
  }

  private static void dequantize(byte[] row, float scale, float[] to, int at, int length) {
    for (int k = 0; k < length; k++) {
      to[at + k] = row[k] * scale;
    }
  }
}
