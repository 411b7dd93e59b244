package dev.whittle.runtime.kernel.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.recurrent.Svdf;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A singular value decomposition filter of floats, with weights of floats or 8 bits. The products
 * of features are one GEMM; sums over time are in the order of the reference kernel.
 */
public final class SvdfKernel implements Kernel {
  private final Workers workers;
  private final Svdf op;
  private final RowProduct features;
  private final float[] time;
  private final int memory;
  private final int filters;
  private final int batches;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();

  /** The present features of all filters, for each batch. */
  private final float[] present;

  private final float[] state;

  private SvdfKernel(
      Workers workers, Svdf op, RowProduct features, float[] time, int memory, int batches) {
    this.workers = workers;
    this.op = op;
    this.features = features;
    this.time = time;
    this.memory = memory;
    this.filters = features.columns();
    this.batches = batches;
    this.present = new float[ArraySize.product(batches, filters)];
    this.state = new float[ArraySize.product(batches, filters, memory)];
  }

  /** Returns the kernel; null if the weights are no constants of floats or 8 bits. */
  public static @Nullable SvdfKernel of(
      Workers workers, PackedWeights shared, Svdf op, Operands operands) {
    Shape shape = operands.shape(0);
    Tensor time = operands.input(2).known();
    if (operands.type(0) != TensorType.FLOAT32
        || operands.type(4) != TensorType.FLOAT32
        || shape.rank() != 2
        || time == null
        || time.rank() != 2
        || time.dim(1) == 0
        || op.rank() < 1) {
      return null;
    }
    int batches = shape.dim(0);
    boolean asymmetric = op.asymmetricQuantizeInputs();
    RowProduct features =
        batches == 0
            ? null
            : RowProduct.of(workers, shared, operands.input(1), batches, asymmetric);
    if (features == null
        || time.type() != operands.type(1)
        || features.depth() != shape.dim(1)
        || features.columns() != time.dim(0)
        || features.columns() % op.rank() != 0
        || operands.shape(4).elements() != batches * time.elements()) {
      return null;
    }
    float scale = features.isHybrid() ? operands.input(2).requireQuantization().scales()[0] : 1;
    float[] weights = new float[Math.toIntExact(time.elements())];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) time.getReal(i) * scale;
    }
    return new SvdfKernel(workers, op, features, weights, time.dim(1), batches);
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    output.bindOutput(invocation.output(0));
    Scratch scratch = workers.scratch();
    Arrays.fill(present, 0);
    features.add(scratch, input.array(), input.offset(), batches, present, 0);
    Tensor last = invocation.input(4);
    MemorySegment.copy(last.data(), Tensor.FLOAT, 0, state, 0, state.length);
    // Filters follow each other, so that one move shifts all; the last elements are new.
    System.arraycopy(state, 1, state, 0, state.length - 1);
    for (int i = 0; i < present.length; i++) {
      state[(i + 1) * memory - 1] = present[i];
    }
    Tensor bias = invocation.hasInput(3) ? invocation.input(3) : null;
    int units = filters / op.rank();
    for (int b = 0; b < batches; b++) {
      for (int u = 0; u < units; u++) {
        float sum = bias == null ? 0 : bias.getFloat(u);
        for (int f = u * op.rank(); f < (u + 1) * op.rank(); f++) {
          sum += overTime(f, (b * filters + f) * memory);
        }
        output.array()[output.offset() + b * units + u] = op.activation().apply(sum);
      }
    }
    MemorySegment.copy(state, 0, last.data(), Tensor.FLOAT, 0, state.length);
  }

  private float overTime(int filter, int at) {
    float sum = 0;
    int first = filter * memory;
    for (int m = 0; m < memory; m++) {
      sum += time[first + m] * state[at + m];
    }
    return sum;
  }
}
