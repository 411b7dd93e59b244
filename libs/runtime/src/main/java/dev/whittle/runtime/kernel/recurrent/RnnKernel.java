package dev.whittle.runtime.kernel.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;
import org.jspecify.annotations.Nullable;

/**
 * A recurrent layer over a sequence of floats, with weights of floats or 8 bits: {@code
 * activation(W x + R h + b)}. With 8-bit weights the results are those of the reference kernel bit
 * by bit, since a last bit of a state may change how it is quantized.
 */
public final class RnnKernel implements Kernel {
  private static final int CHUNK_ROWS = 32;

  /**
   * A layer of an operator, by the indices of its operands.
   *
   * @param input the sequence
   * @param first the weights, which are followed by the recurrent weights, the bias and the state
   * @param timeMajor whether the sequence is {@code [time, batch, in]}
   * @param backward whether steps run from the end of the sequence
   * @param output the index of the output
   * @param offset the position of the layer's units along the output's last axis
   */
  public record Layer(
      int input, int first, boolean timeMajor, boolean backward, int output, int offset) {
    int bias() {
      return first + 2;
    }

    int state() {
      return first + 3;
    }
  }

  private final Workers workers;
  private final Layer layer;
  private final Activation activation;
  private final RowProduct weights;
  private final RowProduct recurrent;
  private final float[] bias;
  private final boolean timeMajor;
  private final int batches;
  private final int steps;
  private final int units;
  private final int width;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();

  /** For each row of the input the bias and the input's product. */
  private final float[] sums;

  private final float[] state;

  private RnnKernel(
      Workers workers,
      Layer layer,
      Activation activation,
      RowProduct weights,
      RowProduct recurrent,
      float[] bias,
      Operands operands) {
    Shape shape = operands.shape(layer.input);
    boolean sequence = shape.rank() == 3;
    this.workers = workers;
    this.layer = layer;
    this.activation = activation;
    this.weights = weights;
    this.recurrent = recurrent;
    this.bias = bias;
    this.timeMajor = sequence && layer.timeMajor;
    this.batches = shape.dim(timeMajor ? 1 : 0);
    this.steps = sequence ? shape.dim(timeMajor ? 0 : 1) : 1;
    this.units = weights.columns();
    Shape result = operands.output(layer.output).shape();
    this.width = result.dim(result.rank() - 1);
    this.sums = new float[ArraySize.product(batches, steps, units)];
    this.state = new float[ArraySize.product(batches, units)];
  }

  /**
   * Returns the kernel of a layer without an auxiliary input.
   *
   * @return null if its weights are no constants
   */
  public static @Nullable RnnKernel of(
      Workers workers,
      PackedWeights shared,
      Layer layer,
      Activation activation,
      boolean asymmetric,
      Operands operands) {
    Shape shape = operands.shape(layer.input);
    Tensor bias = operands.input(layer.bias()).known();
    if (operands.type(layer.input) != TensorType.FLOAT32
        || shape.rank() < 2
        || shape.rank() > 3
        || shape.elements() == 0
        || bias == null
        || bias.type() != TensorType.FLOAT32) {
      return null;
    }
    int batches = shape.dim(shape.rank() == 3 && layer.timeMajor ? 1 : 0);
    RowProduct weights =
        RowProduct.of(workers, shared, operands.input(layer.first), CHUNK_ROWS, asymmetric);
    RowProduct recurrent =
        RowProduct.of(workers, shared, operands.input(layer.first + 1), batches, asymmetric);
    if (weights == null
        || recurrent == null
        || weights.isHybrid() != recurrent.isHybrid()
        || weights.depth() != shape.dim(shape.rank() - 1)
        || recurrent.depth() != weights.columns()
        || recurrent.columns() != weights.columns()
        || bias.elements() != weights.columns()
        || operands.shape(layer.state()).elements() != (long) batches * weights.columns()) {
      return null;
    }
    float[] added = new float[weights.columns()];
    for (int i = 0; i < added.length; i++) {
      added[i] = bias.getFloat(i);
    }
    return new RnnKernel(workers, layer, activation, weights, recurrent, added, operands);
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(layer.input));
    output.bindOutput(invocation.output(layer.output));
    Tensor last = invocation.input(layer.state());
    Scratch scratch = workers.scratch();
    for (int first = 0; first < batches * steps; first += CHUNK_ROWS) {
      int count = Math.min(CHUNK_ROWS, batches * steps - first);
      for (int row = first; row < first + count; row++) {
        System.arraycopy(bias, 0, sums, row * units, units);
      }
      int at = input.offset() + first * weights.depth();
      weights.add(scratch, input.array(), at, count, sums, first * units);
    }
    for (int i = 0; i < state.length; i++) {
      state[i] = last.getFloat(i);
    }
    for (int i = 0; i < steps; i++) {
      step(scratch, layer.backward ? steps - 1 - i : i);
    }
    for (int i = 0; i < state.length; i++) {
      last.setFloat(i, state[i]);
    }
  }

  private void step(Scratch scratch, int step) {
    if (timeMajor || batches == 1) {
      int at = step * batches * units;
      recurrent.add(scratch, state, 0, batches, sums, at);
      activate(scratch, at, state.length, 0);
    } else {
      for (int b = 0; b < batches; b++) {
        int at = (b * steps + step) * units;
        recurrent.add(scratch, state, b * units, 1, sums, at);
        activate(scratch, at, units, b * units);
      }
    }
    for (int b = 0; b < batches; b++) {
      int row = timeMajor ? step * batches + b : b * steps + step;
      int to = output.offset() + row * width + layer.offset;
      System.arraycopy(state, b * units, output.array(), to, units);
    }
  }

  private void activate(Scratch scratch, int at, int count, int to) {
    if (activation == Activation.TANH && !recurrent.isHybrid()) {
      scratch.math.unary(Unary.TANH, sums, at, state, to, count, 0);
      return;
    }
    for (int i = 0; i < count; i++) {
      state[to + i] = activation.apply(sums[at + i]);
    }
  }
}
