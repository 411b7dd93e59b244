package dev.whittle.runtime.kernel.move;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ArrayView;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.ContiguousCopy;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.ReferenceTable;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A copy of rows of adjacent elements, whose sources are known before the run: the reference kernel
 * is applied to a tensor of row indices. Rows without a source are filled with a padding value.
 */
public final class MappedCopy implements Kernel, Workers.Task {
  private static final int MAX_ROWS = 1 << 22;

  private final Workers workers;
  private final boolean floats;

  /** The source row of each row of the output; -1 if the row is padding. */
  private final int[] sources;

  /** Number of elements of a row; of bytes if it is not of floats. */
  private final int rowLength;

  private final byte padding;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();
  private final ByteArray stored = new ByteArray();
  private final ByteArray storedResults = new ByteArray();

  private MappedCopy(Workers workers, boolean floats, int[] sources, int rowLength, byte padding) {
    this.workers = workers;
    this.floats = floats;
    this.sources = sources;
    this.rowLength = rowLength;
    this.padding = padding;
  }

  /**
   * Returns a kernel for an operator that moves rows.
   *
   * @param axes number of leading axes that the operator rearranges; elements keep their positions
   *     along the other axes, which form a row
   * @param padding each byte of a padding value
   * @return null if other operands are not constant, the reference kernel rejects the operands, or
   *     there are too many rows
   */
  public static @Nullable MappedCopy of(
      Workers workers, Op op, int axes, byte padding, Operands operands) {
    Shape in = operands.shape(0);
    Shape out = operands.output(0).shape();
    TensorType type = operands.type(0);
    if (in.rank() != out.rank() || !type.hasFixedSize() || type.bits() < 8) {
      return null;
    }
    Shape rowsOfInput = Shape.of(leading(in, axes));
    Shape rowsOfOutput = Shape.of(leading(out, axes));
    if (rowsOfInput.elements() > MAX_ROWS
        || rowsOfOutput.elements() > MAX_ROWS
        || out.elements() == 0) {
      return null;
    }
    Tensor indices = Tensor.allocate(TensorType.INT32, rowsOfInput.toArray());
    Tensor moved = Tensor.allocate(TensorType.INT32, rowsOfOutput.toArray());
    for (int i = 0; i < indices.elements(); i++) {
      indices.setInteger(i, i + 1);
    }
    List<Tensor> inputs = new ArrayList<>(List.of(indices));
    for (int i = 1; i < operands.inputCount(); i++) {
      Tensor known = operands.hasInput(i) ? operands.input(i).known() : null;
      if (known == null) {
        return null;
      }
      inputs.add(known);
    }
    // Not quantized, so that the reference kernel pads with 0.
    var row = new Operand("rows", TensorType.INT32, indices.shape(), null, null);
    if (!ReferenceTable.fill(op, operands.withInput(0, row), inputs, moved)) {
      return null;
    }
    int size = type == TensorType.FLOAT32 ? 1 : type.bits() / 8;
    int rowLength = ArraySize.of(out.elements() / moved.elements() * size);
    int[] sources = new int[(int) moved.elements()];
    for (int i = 0; i < sources.length; i++) {
      sources[i] = moved.getInt(i) - 1;
    }
    return new MappedCopy(workers, type == TensorType.FLOAT32, sources, rowLength, padding);
  }

  private static int[] leading(Shape shape, int axes) {
    int[] dims = shape.toArray();
    Arrays.fill(dims, axes, dims.length, 1);
    return dims;
  }

  @Override
  public void run(Invocation invocation) {
    if (floats) {
      input.bind(invocation.input(0));
      output.bindOutput(invocation.output(0));
    } else {
      stored.bind(invocation.input(0));
      storedResults.bindOutput(invocation.output(0));
    }
    workers.run(this, Math.ceilDiv(sources.length, rowsPerChunk()));
  }

  private int rowsPerChunk() {
    return Math.max(1, Workers.CHUNK / rowLength);
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int first = chunk * rowsPerChunk();
    int end = Math.min(first + rowsPerChunk(), sources.length);
    ArrayView<?> in = floats ? input : stored;
    ArrayView<?> out = floats ? output : storedResults;
    int row = first;
    while (row < end) {
      int from = row;
      boolean isPadding = sources[row] < 0;
      while (row < end && sources[row] < 0 == isPadding) {
        row++;
      }
      int to = out.offset() + from * rowLength;
      if (isPadding) {
        fill(to, (row - from) * rowLength);
      } else {
        ContiguousCopy.gather(
            in.array(), in.offset(), sources, from, out.array(), to, rowLength, row - from);
      }
    }
  }

  private void fill(int from, int count) {
    if (floats) {
      Arrays.fill(output.array(), from, from + count, 0);
    } else {
      Arrays.fill(storedResults.array(), from, from + count, padding);
    }
  }
}
