package dev.whittle.runtime.kernel.move;

import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ArrayView;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.ContiguousCopy;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * GATHER, GATHER_ND and EMBEDDING_LOOKUP: copies the rows of a tensor whose indices another one
 * holds. The tensor has {@code batches * outer} tables of rows; each batch has its own indices,
 * which apply to all tables of the batch.
 */
public final class GatherKernel implements Kernel, Workers.Task {
  /** Maximum size of a constant that is copied to an array, in floats or bytes. */
  private static final int COPIED = 1 << 18;

  private final Workers workers;
  private final int table;
  private final int indices;
  private final RowIndices numbers;
  private final int tables;
  private final int outer;

  /** Number of rows of each table. */
  private final int length;

  /** Number of rows that are gathered from each table. */
  private final int taken;

  /** Number of elements of a row; of bytes if it is not of floats. */
  private final int run;

  private final int rowsPerChunk;
  private final ArrayView<?> results;

  /** The input as an array; null if rows are copied from the memory of a large constant. */
  private final @Nullable ArrayView<?> input;

  private final ValueLayout layout;
  private MemorySegment data = MemorySegment.NULL;

  private GatherKernel(
      Workers workers,
      int table,
      Operand operand,
      int indices,
      RowIndices numbers,
      int batches,
      int outer,
      int length) {
    boolean floats = operand.type() == TensorType.FLOAT32;
    int size = floats ? 1 : operand.type().bits() / 8;
    this.workers = workers;
    this.table = table;
    this.indices = indices;
    this.numbers = numbers;
    this.tables = batches * outer;
    this.outer = outer;
    this.length = length;
    this.taken = numbers.count() / batches;
    long elements = operand.shape().elements();
    this.run = ArraySize.of(elements / tables / length * size);
    this.rowsPerChunk = Math.max(1, Workers.CHUNK / run);
    this.results = floats ? new FloatArray() : new ByteArray();
    boolean large = operand.known() != null && elements * size > COPIED;
    this.input = large ? null : floats ? new FloatArray() : new ByteArray();
    this.layout = floats ? Tensor.FLOAT : Tensor.BYTE;
  }

  /**
   * Returns a kernel, or null if elements are smaller than a byte or the shapes do not match.
   *
   * @param table the index of the operand that has the rows
   * @param indices the index of the operand that has their indices
   * @param length number of rows of each of {@code batches * outer} tables
   */
  public static @Nullable GatherKernel of(
      Workers workers,
      Operands operands,
      int table,
      int indices,
      RowIndices numbers,
      int batches,
      int outer,
      int length) {
    Operand operand = operands.input(table);
    TensorType type = operand.type();
    if (!type.hasFixedSize() || type.bits() < 8 || operands.output(0).type() != type) {
      return null;
    }
    var kernel =
        new GatherKernel(workers, table, operand, indices, numbers, batches, outer, length);
    int size = type == TensorType.FLOAT32 ? 1 : type.bits() / 8;
    long copied = (long) kernel.tables * kernel.taken * kernel.run;
    return copied == operands.output(0).shape().elements() * size ? kernel : null;
  }

  @Override
  public void run(Invocation invocation) {
    numbers.read(invocation.input(indices));
    results.bindOutput(invocation.output(0));
    if (input == null) {
      data = invocation.input(table).data();
    } else {
      input.bind(invocation.input(table));
    }
    workers.run(this, Math.ceilDiv(tables * taken, rowsPerChunk));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int row = chunk * rowsPerChunk;
    int end = Math.min(row + rowsPerChunk, tables * taken);
    while (row < end) {
      int place = row / taken;
      int first = row % taken;
      int count = Math.min(taken - first, end - row);
      copy(place, place / outer * taken + first, results.offset() + row * run, count);
      row += count;
    }
  }

  /** Copies rows of one table. */
  private void copy(int tableNumber, int first, int place, int count) {
    ArrayView<?> array = input;
    if (array != null) {
      int at = array.offset() + tableNumber * length * run;
      ContiguousCopy.gather(
          array.array(), at, numbers.rows(), first, results.array(), place, run, count);
      return;
    }
    long bytes = layout.byteSize() * run;
    for (int i = 0; i < count; i++) {
      long number = (long) tableNumber * length + numbers.rows()[first + i];
      MemorySegment.copy(data, layout, number * bytes, results.array(), place + i * run, run);
    }
  }
}
