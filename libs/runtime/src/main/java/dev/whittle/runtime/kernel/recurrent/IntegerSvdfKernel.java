package dev.whittle.runtime.kernel.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.recurrent.IntegerSvdf;
import dev.whittle.ir.op.recurrent.Svdf;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.simd.IndirectionBuffer;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A singular value decomposition filter of 8-bit integers with a 16-bit state. The products of
 * features are one exact GEMM.
 */
public final class IntegerSvdfKernel implements Kernel {
  private final Workers workers;
  private final IntegerSvdf scales;
  private final ExactMatrix features;
  private final int[] offsets;
  private final IndirectionBuffer rows;
  private final short[] time;
  private final int[] bias;
  private final int rank;
  private final int memory;
  private final int filters;
  private final int batches;
  private final int depth;
  private final ByteArray input = new ByteArray();
  private final ByteArray output = new ByteArray();
  private final int[] present;
  private final short[] state;

  private IntegerSvdfKernel(
      Workers workers, PackedWeights shared, Svdf op, Operands operands, Tensor weights) {
    this.workers = workers;
    this.scales = op.integers(operands);
    this.rank = op.rank();
    this.batches = operands.shape(0).dim(0);
    this.depth = weights.dim(1);
    this.filters = weights.dim(0);
    this.memory = operands.shape(2).dim(1);
    this.features = ExactMatrix.of(shared, List.of(weights), depth, workers.lanes());
    this.offsets = features.offsets(scales.inputZero(), new int[0]);
    this.rows = features.left(batches);
    this.time = new short[ArraySize.product(filters, memory)];
    Tensor knownTime = operands.input(2).known();
    for (int i = 0; knownTime != null && i < time.length; i++) {
      time[i] = (short) knownTime.getInteger(i);
    }
    this.bias = new int[filters / rank];
    Tensor knownBias = operands.hasInput(3) ? operands.input(3).known() : null;
    for (int i = 0; knownBias != null && i < bias.length; i++) {
      bias[i] = knownBias.getInt(i);
    }
    this.present = new int[ArraySize.product(batches, filters)];
    this.state = new short[ArraySize.product(batches, filters, memory)];
    workers.reserve(ArraySize.product(batches, depth), present.length, 0);
  }

  /** Returns the kernel; null if weights are no constants or do not fit. */
  public static @Nullable IntegerSvdfKernel of(
      Workers workers, PackedWeights shared, Svdf op, Operands operands) {
    Tensor weights = operands.input(1).known();
    Tensor time = operands.input(2).known();
    Shape shape = operands.shape(0);
    boolean fits =
        operands.type(0) == TensorType.INT8
            && weights != null
            && time != null
            && shape.rank() == 2
            && weights.rank() == 2
            && time.rank() == 2
            && weights.elements() > 0
            && time.elements() > 0
            && shape.dim(0) > 0
            && weights.dim(1) == shape.dim(1)
            && weights.dim(0) == time.dim(0)
            && op.rank() > 0
            && weights.dim(0) % op.rank() == 0
            && operands.shape(4).elements() == shape.dim(0) * time.elements();
    if (!fits || weights == null) {
      return null;
    }
    Tensor bias = operands.hasInput(3) ? operands.input(3).known() : null;
    boolean hasBias = operands.hasInput(3);
    boolean biasFits =
        !hasBias
            || (bias != null
                && bias.type() == TensorType.INT32
                && bias.elements() == weights.dim(0) / op.rank());
    return biasFits ? new IntegerSvdfKernel(workers, shared, op, operands, weights) : null;
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    output.bindOutput(invocation.output(0));
    Scratch scratch = workers.scratch();
    float[] x = scratch.input();
    scratch.math.widen(input.array(), input.offset(), false, x, 0, batches * depth);
    features.multiply(scratch, x, rows, batches, offsets, present);
    Tensor last = invocation.input(4);
    MemorySegment.copy(last.data(), Tensor.SHORT, 0, state, 0, state.length);
    // Filters follow each other, so that one move shifts all; the last elements are new.
    System.arraycopy(state, 1, state, 0, state.length - 1);
    for (int i = 0; i < present.length; i++) {
      state[(i + 1) * memory - 1] = (short) scales.stored(present[i]);
    }
    int units = filters / rank;
    int length = rank * memory;
    for (int b = 0; b < batches; b++) {
      for (int u = 0; u < units; u++) {
        int sum = bias[u];
        int first = u * length;
        int at = b * filters * memory + first;
        for (int i = 0; i < length; i++) {
          sum += time[first + i] * state[at + i];
        }
        output.array()[output.offset() + b * units + u] = (byte) scales.output(sum);
      }
    }
    MemorySegment.copy(state, 0, last.data(), Tensor.SHORT, 0, state.length);
  }
}
