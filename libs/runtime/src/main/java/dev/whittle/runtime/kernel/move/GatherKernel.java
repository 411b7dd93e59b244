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
  private static final int MAX_COPIED = 1 << 18;

  private final Workers workers;
  private final int tableOperand;
  private final int indexOperand;
  private final RowIndices indices;
  private final int tables;
  private final int outer;

  /** Number of rows of each table. */
  private final int tableRows;

  /** Number of rows that are gathered from each table. */
  private final int gathered;

  /** Number of elements of a row; of bytes if it is not of floats. */
  private final int rowLength;

  private final int rowsPerChunk;
  private final ArrayView<?> results;

  /** The input as an array; null if rows are copied from the memory of a large constant. */
  private final @Nullable ArrayView<?> input;

  private final ValueLayout layout;
  private MemorySegment data = MemorySegment.NULL;

  private GatherKernel(
      Workers workers,
      int tableOperand,
      Operand operand,
      int indexOperand,
      RowIndices indices,
      int batches,
      int outer,
      int tableRows) {
    boolean floats = operand.type() == TensorType.FLOAT32;
    int size = floats ? 1 : operand.type().bits() / 8;
    this.workers = workers;
    this.tableOperand = tableOperand;
    this.indexOperand = indexOperand;
    this.indices = indices;
    this.tables = batches * outer;
    this.outer = outer;
    this.tableRows = tableRows;
    this.gathered = indices.count() / batches;
    long elements = operand.shape().elements();
    this.rowLength = ArraySize.of(elements / tables / tableRows * size);
    this.rowsPerChunk = Math.max(1, Workers.CHUNK / rowLength);
    this.results = floats ? new FloatArray() : new ByteArray();
    boolean large = operand.known() != null && elements * size > MAX_COPIED;
    this.input = large ? null : floats ? new FloatArray() : new ByteArray();
    this.layout = floats ? Tensor.FLOAT : Tensor.BYTE;
  }

  /**
   * Returns a kernel for nonempty operands.
   *
   * @param tableOperand the index of the operand that has the rows
   * @param indexOperand the index of the operand that has their indices
   * @param batches number of batches
   * @param outer number of tables of each batch
   * @param tableRows number of rows of each table
   * @return null if elements are smaller than a byte, or the shapes do not match
   */
  public static @Nullable GatherKernel of(
      Workers workers,
      Operands operands,
      int tableOperand,
      int indexOperand,
      RowIndices indices,
      int batches,
      int outer,
      int tableRows) {
    Operand operand = operands.input(tableOperand);
    TensorType type = operand.type();
    if (!type.hasFixedSize() || type.bits() < 8 || operands.output(0).type() != type) {
      return null;
    }
    var kernel =
        new GatherKernel(
            workers, tableOperand, operand, indexOperand, indices, batches, outer, tableRows);
    int size = type == TensorType.FLOAT32 ? 1 : type.bits() / 8;
    long copied = (long) kernel.tables * kernel.gathered * kernel.rowLength;
    return copied == operands.output(0).shape().elements() * size ? kernel : null;
  }

  @Override
  public void run(Invocation invocation) {
    indices.read(invocation.input(indexOperand));
    results.bindOutput(invocation.output(0));
    if (input == null) {
      data = invocation.input(tableOperand).data();
    } else {
      input.bind(invocation.input(tableOperand));
    }
    workers.run(this, Math.ceilDiv(tables * gathered, rowsPerChunk));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int row = chunk * rowsPerChunk;
    int end = Math.min(row + rowsPerChunk, tables * gathered);
    while (row < end) {
      int table = row / gathered;
      int first = row % gathered;
      int count = Math.min(gathered - first, end - row);
      int to = results.offset() + row * rowLength;
      copy(table, table / outer * gathered + first, to, count);
      row += count;
    }
  }

  /**
   * Copies rows of one table.
   *
   * @param first position of the first row's index among all indices
   * @param to position of the first row in the output's array
   */
  private void copy(int table, int first, int to, int count) {
    ArrayView<?> array = input;
    if (array != null) {
      int at = array.offset() + table * tableRows * rowLength;
      ContiguousCopy.gather(
          array.array(), at, indices.rows(), first, results.array(), to, rowLength, count);
      return;
    }
    long bytes = layout.byteSize() * rowLength;
    for (int i = 0; i < count; i++) {
      long row = (long) table * tableRows + indices.rows()[first + i];
      MemorySegment.copy(data, layout, row * bytes, results.array(), to + i * rowLength, rowLength);
    }
  }
}
