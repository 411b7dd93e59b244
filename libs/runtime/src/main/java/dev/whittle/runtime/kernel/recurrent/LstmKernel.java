package dev.whittle.runtime.kernel.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.RowScale;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.DynamicallyQuantizedRows;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.simd.AccumulatorBlock;
import dev.whittle.runtime.kernel.simd.BinaryLoop;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.Dequantization;
import dev.whittle.runtime.kernel.simd.IndirectionBuffer;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;
import dev.whittle.runtime.kernel.simd.PackedMatrix;
import dev.whittle.runtime.kernel.simd.RowQuantization;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Long short-term memory cells over a sequence of floats, with weights of floats or 8 bits. The
 * contribution of the input to the gates is one GEMM for all steps; that of the state is one GEMM
 * for each step. The gates are columns of one matrix: input (if there is one), forget, output and
 * cell.
 */
public final class LstmKernel implements Kernel, Workers.Task {
  /** Rows of the input that a thread multiplies at a time. */
  private static final int CHUNK_ROWS = 48;

  /** The maximum depth of sums of 8-bit products that are exact in single precision. */
  private static final int EXACT_DEPTH = ((1 << 24) - 1) / (255 * 128);

  private final Workers workers;
  private final Layer layer;
  private final boolean timeMajor;
  private final Clamp cellClamp;
  private final boolean asymmetric;
  private final int batches;
  private final int steps;
  private final int depth;
  private final int cells;
  private final int gates;

  /** Units of a row of the output. */
  private final int width;

  private final PackedMatrix weights;
  private final PackedMatrix recurrent;

  /** The input of 8-bit weights; null for weights of floats. */
  private final @Nullable DynamicallyQuantizedRows rows;

  private final Dequantization inputScales;
  private final Dequantization recurrentScales;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();

  private final IndirectionBuffer inputRows;
  private final IndirectionBuffer stateRows;

  /** The contribution of the input to the gates, for each of its rows. */
  private final float[] inputGates;

  /** The gates of all batches at one step. */
  private final float[] values;

  private final float[] outputState;
  private final float[] quantizedState;
  private final RowQuantization quantization = new RowQuantization();
  private final RowScale scale = new RowScale();
  private final float[] stateScale;
  private final float[] minima;
  private final float[] maxima;
  private final float[] cellState;
  private final float[] candidate;

  /**
   * A layer of an operator, by the indices of its operands.
   *
   * @param input the sequence
   * @param first the weights of the input gate, which the other weights and the biases follow
   * @param outputState the output state; the cell state is the next operand
   * @param timeMajor whether the sequence is {@code [time, batch, in]}
   * @param backward whether steps run from the end of the sequence
   * @param output the index of the output
   * @param offset the position of the layer's units along the output's last axis
   */
  public record Layer(
      int input,
      int first,
      int outputState,
      boolean timeMajor,
      boolean backward,
      int output,
      int offset) {
    int recurrent() {
      return first + 4;
    }

    int bias() {
      return first + 11;
    }

    int cellState() {
      return outputState + 1;
    }
  }

  /**
   * The attributes of a layer.
   *
   * @param activation the activation of the cell's input and state
   * @param cellClip the bound of the magnitude of the cell state; 0 for none
   * @param asymmetric whether inputs are quantized asymmetrically if weights have 8 bits
   */
  public record Settings(Activation activation, float cellClip, boolean asymmetric) {}

  private LstmKernel(
      Workers workers,
      PackedWeights shared,
      Layer layer,
      Settings settings,
      Operands operands,
      int gates) {
    Shape shape = operands.shape(layer.input);
    boolean sequence = shape.rank() == 3;
    this.workers = workers;
    this.layer = layer;
    this.timeMajor = sequence && layer.timeMajor;
    float clip = settings.cellClip;
    this.cellClamp = clip > 0 ? new Clamp(-clip, clip) : Clamp.NONE;
    this.asymmetric = settings.asymmetric;
    Shape result = operands.output(layer.output).shape();
    this.width = result.dim(result.rank() - 1);
    this.batches = shape.dim(timeMajor ? 1 : 0);
    this.steps = sequence ? shape.dim(timeMajor ? 0 : 1) : 1;
    this.depth = shape.dim(shape.rank() - 1);
    this.cells = operands.shape(layer.cellState()).dim(1);
    this.gates = gates;
    boolean hybrid = operands.type(layer.first + 1) == TensorType.INT8;
    int lanes = workers.lanes();
    float[] bias = join(operands, layer.bias(), 1);
    int first = layer.first;
    this.weights = matrix(shared, operands, first, depth, hybrid ? new float[0] : bias, lanes);
    this.recurrent = matrix(shared, operands, layer.recurrent(), cells, new float[0], lanes);
    this.rows = hybrid ? new DynamicallyQuantizedRows(workers, rows(), depth, asymmetric) : null;
    this.inputScales = dequantization(operands, hybrid, first, bias);
    this.recurrentScales = dequantization(operands, hybrid, layer.recurrent(), recurrent.bias());
    this.inputRows = IndirectionBuffer.ofRows(rows(), depth);
    this.stateRows = IndirectionBuffer.ofRows(batches, cells);
    this.inputGates = new float[ArraySize.product(rows(), gates * cells)];
    this.values = new float[ArraySize.product(batches, gates * cells)];
    this.outputState = new float[batches * cells];
    this.quantizedState = new float[hybrid ? batches * cells : 0];
    this.stateScale = new float[batches];
    this.minima = new float[batches];
    this.maxima = new float[batches];
    this.cellState = new float[batches * cells];
    this.candidate = new float[cells];
    workers.reserve(
        hybrid ? ArraySize.product(CHUNK_ROWS, depth) : 0,
        ArraySize.product(CHUNK_ROWS, gates * cells),
        0);
  }

  /**
   * Returns the kernel of a layer; null for one with a projection or peepholes. The caller has
   * checked that it has no normalization and no auxiliary input.
   */
  public static @Nullable LstmKernel of(
      Workers workers, PackedWeights shared, Layer layer, Settings settings, Operands operands) {
    boolean supported = settings.activation == Activation.TANH;
    for (int i : new int[] {8, 9, 10, 15, 16}) {
      supported &= !operands.hasInput(layer.first + i);
    }
    TensorType type = operands.type(layer.first + 1);
    boolean hybrid = type == TensorType.INT8;
    supported &=
        operands.type(layer.input) == TensorType.FLOAT32 && (hybrid || type == TensorType.FLOAT32);
    Shape shape = operands.shape(layer.input);
    Shape states = operands.shape(layer.cellState());
    if (!supported || states.rank() != 2 || shape.rank() < 2 || shape.rank() > 3) {
      return null;
    }
    boolean hasInputGate = operands.hasInput(layer.first);
    int cells = states.dim(1);
    int depth = shape.dim(shape.rank() - 1);
    for (int gate = hasInputGate ? 0 : 1; gate < 4; gate++) {
      if (!isConstant(operands, layer.first + gate, type, Shape.of(cells, depth))
          || !isConstant(operands, layer.recurrent() + gate, type, Shape.of(cells, cells))
          || !isConstant(operands, layer.bias() + gate, TensorType.FLOAT32, Shape.of(cells))) {
        return null;
      }
    }
    boolean fits =
        operands.shape(layer.outputState).equals(states)
            && states.dim(0) == shape.dim(shape.rank() == 3 && layer.timeMajor ? 1 : 0)
            && (!hybrid || Math.max(depth, cells) <= EXACT_DEPTH)
            && shape.elements() > 0
            && cells > 0;
    return fits
        ? new LstmKernel(workers, shared, layer, settings, operands, hasInputGate ? 4 : 3)
        : null;
  }

  private static boolean isConstant(Operands operands, int i, TensorType type, Shape shape) {
    Tensor known = operands.hasInput(i) ? operands.input(i).known() : null;
    return known != null && known.type() == type && known.shape().equals(shape);
  }

  private int rows() {
    return batches * steps;
  }

  /** Returns the operands of the gates in the order of the columns. */
  private int[] inOrder(int first) {
    int[] all = {first, first + 1, first + 3, first + 2};
    return Arrays.copyOfRange(all, 4 - gates, 4);
  }

  /** Returns the rows of the gates' operands, one below the other. */
  private float[] join(Operands operands, int first, int length) {
    float[] joined = new float[gates * cells * length];
    int at = 0;
    for (int operand : inOrder(first)) {
      Tensor known = operands.input(operand).known();
      if (known == null) {
        throw new IllegalStateException("operand " + operand + " of an LSTM is not constant");
      }
      for (int i = 0; i < cells * length; i++) {
        joined[at++] = known.type() == TensorType.FLOAT32 ? known.getFloat(i) : known.getInteger(i);
      }
    }
    return joined;
  }

  private PackedMatrix matrix(
      PackedWeights shared, Operands operands, int first, int length, float[] added, int lanes) {
    var cut = PackedMatrix.Cut.whole(length);
    Supplier<PackedMatrix> pack =
        () -> PackedMatrix.of(join(operands, first, length), gates * cells, cut, added, lanes);
    List<@Nullable Tensor> contents = new ArrayList<>();
    for (int operand : inOrder(first)) {
      contents.add(operands.input(operand).known());
    }
    if (added.length > 0) {
      for (int operand : inOrder(layer.bias())) {
        contents.add(operands.input(operand).known());
      }
    }
    return shared.matrix(contents, cut, lanes, pack);
  }

  private Dequantization dequantization(
      Operands operands, boolean hybrid, int first, float[] bias) {
    float[] scales = hybrid ? scales(operands, first) : new float[0];
    return new Dequantization(scales, bias, Clamp.NONE);
  }

  /** Returns for each column the scale of its gate: native kernels use the first one only. */
  private float[] scales(Operands operands, int first) {
    float[] columns = new float[gates * cells];
    int at = 0;
    for (int operand : inOrder(first)) {
      Quantization quantization = operands.input(operand).requireQuantization();
      Arrays.fill(columns, at, at + cells, quantization.scales()[0]);
      at += cells;
    }
    return columns;
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(layer.input));
    output.bindOutput(invocation.output(layer.output));
    if (rows != null) {
      rows.begin(invocation.input(layer.input));
    }
    workers.run(this, Math.ceilDiv(rows(), CHUNK_ROWS));
    Tensor lastOutput = invocation.input(layer.outputState);
    Tensor lastCell = invocation.input(layer.cellState());
    for (int i = 0; i < cellState.length; i++) {
      outputState[i] = lastOutput.getFloat(i);
      cellState[i] = lastCell.getFloat(i);
    }
    for (int i = 0; i < steps; i++) {
      step(workers.scratch(), layer.backward ? steps - 1 - i : i);
    }
    for (int i = 0; i < cellState.length; i++) {
      lastOutput.setFloat(i, outputState[i]);
      lastCell.setFloat(i, cellState[i]);
    }
  }

  /** Computes the contribution of the input to the gates, for some rows. */
  @Override
  public void run(int chunk, Scratch scratch) {
    int first = chunk * CHUNK_ROWS;
    int count = Math.min(CHUNK_ROWS, rows() - first);
    int columns = gates * cells;
    if (rows == null) {
      scratch.gemm.base(input.offset()).rows(first, count).output(first * columns, columns);
      multiply(scratch, input.array(), inputRows, weights, inputGates);
      return;
    }
    float[] sums = scratch.sums();
    rows.copy(first * depth, scratch.input(), 0, count * depth, scratch.math);
    scratch.gemm.base(0).rows(0, count).output(0, columns);
    multiply(scratch, scratch.input(), inputRows, weights, sums);
    for (int i = 0; i < count; i++) {
      float scale = rows.scale(first + i);
      int to = (first + i) * columns;
      dequantize(scratch, sums, i * columns, inputScales, scale, inputGates, to);
    }
  }

  /**
   * Dequantizes one row of accumulators.
   *
   * @param scale the scale of the row that was quantized dynamically
   */
  private void dequantize(
      Scratch scratch,
      float[] sums,
      int at,
      Dequantization dequantization,
      float scale,
      float[] results,
      int to) {
    int columns = gates * cells;
    AccumulatorBlock block = scratch.accumulators;
    block.accumulators(at, columns).rows(0, 1).columns(0, columns).output(to, columns);
    scratch.math.dequantize(sums, block, dequantization, scale, results, 0);
  }

  /**
   * Multiplies rows by a matrix.
   *
   * @param output the array of {@link Scratch#gemm}, whose rows and output the caller has set
   */
  private static void multiply(
      Scratch scratch, float[] input, IndirectionBuffer left, PackedMatrix matrix, float[] output) {
    scratch.gemm.panels(0, matrix.panels());
    scratch.math.multiply(input, left, matrix, output, scratch.gemm, Clamp.NONE);
  }

  private void step(Scratch scratch, int step) {
    MicroKernels math = scratch.math;
    int columns = gates * cells;
    if (rows != null) {
      quantizeState(math);
    }
    float[] state = rows == null ? outputState : quantizedState;
    scratch.gemm.base(0).rows(0, batches).output(0, columns);
    multiply(scratch, state, stateRows, recurrent, values);
    for (int b = 0; b < batches; b++) {
      int row = timeMajor ? step * batches + b : b * steps + step;
      int at = b * columns;
      if (rows != null) {
        dequantize(scratch, values, at, recurrentScales, stateScale[b], values, at);
      }
      math.add(values, at, inputGates, row * columns, columns);
      cell(scratch, at, b * cells);
      int to = output.offset() + row * width + layer.offset;
      System.arraycopy(outputState, b * cells, output.array(), to, cells);
    }
  }

  private void quantizeState(MicroKernels math) {
    for (int b = 0; b < batches; b++) {
      int at = b * cells;
      math.range(outputState, at, cells, minima, maxima, b);
      scale.set(minima[b], maxima[b], asymmetric);
      stateScale[b] = scale.scale();
      quantization.set(scale.inverse(), scale.zeroPoint(), scale.low(), RowScale.HIGH);
      math.quantizeRow(outputState, at, quantization, quantizedState, at, cells);
    }
  }

  /** Computes new states of one batch from its gates. */
  private void cell(Scratch scratch, int at, int state) {
    MicroKernels math = scratch.math;
    int forget = at + (gates - 3) * cells;
    int outputGate = forget + cells;
    int cellGate = outputGate + cells;
    math.unary(Unary.LOGISTIC, values, at, values, at, (gates - 1) * cells, 0);
    math.unary(Unary.TANH, values, cellGate, values, cellGate, cells, 0);
    if (gates == 4) {
      multiply(scratch, values, at, values, cellGate, candidate, 0);
    } else {
      for (int i = 0; i < cells; i++) {
        candidate[i] = (1 - values[forget + i]) * values[cellGate + i];
      }
    }
    multiply(scratch, values, forget, cellState, state, cellState, state);
    math.add(cellState, state, candidate, 0, cells);
    if (!cellClamp.isNone()) {
      math.clamp(cellState, state, cellState, state, cells, cellClamp);
    }
    math.unary(Unary.TANH, cellState, state, candidate, 0, cells, 0);
    multiply(scratch, values, outputGate, candidate, 0, outputState, state);
  }

  private void multiply(
      Scratch scratch, float[] a, int aAt, float[] b, int bAt, float[] results, int to) {
    BinaryLoop loop = scratch.loop.left(aAt, 1).right(bAt, 1).output(to, cells);
    scratch.math.binary(Binary.MUL, a, b, results, loop, Clamp.NONE);
  }
}
