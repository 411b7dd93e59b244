package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.DirectInvocation;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies rows of adjacent elements, each from a place that is known ahead: what the reference
 * kernel makes of a tensor that holds the rows' numbers.
 */
final class MappedRows implements Kernel, Workers.Task {
  private static final int MAX_ROWS = 1 << 22;

  private final Workers workers;
  private final boolean floats;
  private final int[] sources;
  private final int run;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();
  private final ByteArray stored = new ByteArray();
  private final ByteArray storedResults = new ByteArray();

  private MappedRows(Workers workers, boolean floats, int[] sources, int run) {
    this.workers = workers;
    this.floats = floats;
    this.sources = sources;
    this.run = run;
  }

  /**
   * A kernel for an operator that moves rows.
   *
   * @param axes how many of the first axes it rearranges; along the others it leaves elements where
   *     they are
   */
  static @Nullable MappedRows of(Workers workers, Op op, int axes, Operands operands) {
    Shape in = operands.shape(0);
    Shape out = operands.output(0).shape();
    TensorType type = operands.type(0);
    if (in.rank() != out.rank() || !type.hasFixedSize() || type.bits() < 8) {
      return null;
    }
    Tensor numbers = Tensor.allocate(TensorType.INT32, leading(in, axes));
    Tensor moved = Tensor.allocate(TensorType.INT32, leading(out, axes));
    if (moved.elements() > MAX_ROWS || out.elements() == 0) {
      return null;
    }
    for (int i = 0; i < numbers.elements(); i++) {
      numbers.setInteger(i, i);
    }
    List<Tensor> inputs = new ArrayList<>(List.of(numbers));
    for (int i = 1; i < operands.inputCount(); i++) {
      Tensor known = operands.hasInput(i) ? operands.input(i).known() : null;
      if (known == null) {
        return null;
      }
      inputs.add(known);
    }
    op.kernel(operands).run(new DirectInvocation(inputs, List.of(moved)));
    int size = type == TensorType.FLOAT32 ? 1 : type.bits() / 8;
    int run = Math.toIntExact(out.elements() / moved.elements() * size);
    int[] sources = new int[Math.toIntExact(moved.elements())];
    for (int i = 0; i < sources.length; i++) {
      sources[i] = (int) moved.getInteger(i);
    }
    return new MappedRows(workers, type == TensorType.FLOAT32, sources, run);
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
    return Math.max(1, Workers.CHUNK / run);
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int first = chunk * rowsPerChunk();
    int end = Math.min(first + rowsPerChunk(), sources.length);
    ArrayView<?> in = floats ? input : stored;
    ArrayView<?> out = floats ? output : storedResults;
    int place = out.offset() + first * run;
    Runs.gather(in.array(), in.offset(), sources, first, out.array(), place, run, end - first);
  }
}
