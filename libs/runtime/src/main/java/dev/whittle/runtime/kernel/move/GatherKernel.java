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
 * Copies those rows of a tensor whose numbers another one holds. The tensor is {@code batches}
 * times {@code outer} tables of rows; each batch has its numbers, which go for all of its tables.
 */
public final class GatherKernel implements Kernel, Workers.Task {
  /** Floats or bytes of a constant that is worth a copy in an array. */
  private static final int COPIED = 1 << 18;

  private final Workers workers;
  private final int table;
  private final int indices;
  private final RowIndices numbers;
  private final int tables;
  private final int outer;

  /** Rows of each table. */
  private final int length;

  /** Rows that are taken of each table. */
  private final int taken;

  /** The length of a row; in bytes if it is not of floats. */
  private final int run;

  private final int rowsPerChunk;
  private final ArrayView<?> results;

  /** Null where rows are read from the constant itself. */
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
   * A kernel; null where elements are no whole bytes, or there are none.
   *
   * @param table which operand the rows are in
   * @param indices which one their numbers are in
   * @param length rows of each of {@code batches * outer} tables
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

  /** Copies some rows of one table. */
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
