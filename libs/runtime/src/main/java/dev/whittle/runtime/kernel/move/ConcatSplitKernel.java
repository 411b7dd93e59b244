package dev.whittle.runtime.kernel.move;

import dev.whittle.ir.Operand;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ArrayView;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.ContiguousCopy;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import org.jspecify.annotations.Nullable;

/**
 * Concatenation of tensors along an axis, or the split of a tensor along it. The whole tensor is
 * taken as a matrix with a row for each index before the axis; its parts are adjacent ranges of
 * columns.
 */
public final class ConcatSplitKernel implements Kernel, Workers.Task {
  private final Workers workers;

  /** True if the parts are concatenated, false if the whole is split. */
  private final boolean concatenates;

  /** The index of the input that is split. */
  private final int splitInput;

  private final int rows;

  /** The first column of each part, and the end of the last one; in bytes if not of floats. */
  private final int[] columns;

  private final int rowsPerChunk;
  private final int columnsPerChunk;
  private final int chunksPerRow;
  private final ArrayView<?> whole;
  private final ArrayView<?>[] parts;

  private ConcatSplitKernel(
      Workers workers,
      boolean concatenates,
      int splitInput,
      boolean floats,
      int rows,
      int[] columns) {
    this.workers = workers;
    this.concatenates = concatenates;
    this.splitInput = splitInput;
    this.rows = rows;
    this.columns = columns;
    int row = columns[columns.length - 1];
    this.columnsPerChunk = Math.min(row, Workers.CHUNK);
    this.rowsPerChunk = Workers.CHUNK / columnsPerChunk;
    this.chunksPerRow = Math.ceilDiv(row, columnsPerChunk);
    this.whole = view(floats);
    this.parts = new ArrayView<?>[columns.length - 1];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = view(floats);
    }
  }

  private static ArrayView<?> view(boolean floats) {
    return floats ? new FloatArray() : new ByteArray();
  }

  /**
   * Returns a kernel.
   *
   * @param concatenates whether the parts are inputs; else they are outputs
   * @param splitInput the index of the input that is the whole, if the parts are outputs
   * @param axis axis of the whole, from -rank to rank - 1
   * @return null if the tensor is empty, or its elements are smaller than a byte
   */
  public static @Nullable ConcatSplitKernel of(
      Workers workers,
      boolean concatenates,
      int splitInput,
      Operand whole,
      int axis,
      Operand... parts) {
    TensorType type = whole.type();
    Shape shape = whole.shape();
    if (!type.hasFixedSize() || type.bits() < 8 || shape.elements() == 0) {
      return null;
    }
    int axisIndex = axis < 0 ? axis + shape.rank() : axis;
    if (axisIndex < 0 || axisIndex >= shape.rank()) {
      return null;
    }
    int rows = 1;
    for (int i = 0; i < axisIndex; i++) {
      rows *= shape.dim(i);
    }
    int size = type == TensorType.FLOAT32 ? 1 : type.bits() / 8;
    int[] columns = new int[parts.length + 1];
    for (int i = 0; i < parts.length; i++) {
      long elements = parts[i].shape().elements();
      if (parts[i].type() != type || elements % rows != 0) {
        return null;
      }
      columns[i + 1] = ArraySize.of(columns[i] + elements / rows * size);
    }
    boolean fits = (long) columns[parts.length] * rows == shape.elements() * size;
    return fits
        ? new ConcatSplitKernel(
            workers, concatenates, splitInput, type == TensorType.FLOAT32, rows, columns)
        : null;
  }

  @Override
  public void run(Invocation invocation) {
    if (concatenates) {
      whole.bindOutput(invocation.output(0));
    } else {
      whole.bind(invocation.input(splitInput));
    }
    for (int i = 0; i < parts.length; i++) {
      if (concatenates) {
        parts[i].bind(invocation.input(i));
      } else {
        parts[i].bindOutput(invocation.output(i));
      }
    }
    workers.run(this, chunksPerRow * Math.ceilDiv(rows, rowsPerChunk));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int firstRow = chunk / chunksPerRow * rowsPerChunk;
    int count = Math.min(rowsPerChunk, rows - firstRow);
    int first = chunk % chunksPerRow * columnsPerChunk;
    int row = columns[parts.length];
    int end = Math.min(first + columnsPerChunk, row);
    for (int i = 0; i < parts.length; i++) {
      int from = Math.max(first, columns[i]);
      int run = Math.min(end, columns[i + 1]) - from;
      if (run > 0) {
        ArrayView<?> part = parts[i];
        int length = columns[i + 1] - columns[i];
        int partOffset = part.offset() + firstRow * length + from - columns[i];
        int wholeOffset = whole.offset() + firstRow * row + from;
        if (concatenates) {
          ContiguousCopy.copy(
              part.array(), partOffset, length, whole.array(), wholeOffset, row, run, count);
        } else {
          ContiguousCopy.copy(
              whole.array(), wholeOffset, row, part.array(), partOffset, length, run, count);
        }
      }
    }
  }
}
