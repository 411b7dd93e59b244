package dev.whittle.runtime.kernel.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.recurrent.IntegerLstmCell;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.gemm.PackedWeights;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.simd.IndirectionBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Long short-term memory cells over a sequence of 8-bit integers. The products of the input are one
 * GEMM for all steps, those of the state one for each step; activations are read from tables. The
 * results are those of {@link IntegerLstmCell}, whose arithmetic follows the sums.
 */
public final class IntegerLstmKernel implements Kernel, Workers.Task {
  /** Rows of the input that a thread multiplies at a time. */
  private static final int CHUNK_ROWS = 32;

  private static final int FIRST_BIAS = 12;
  private static final int OUTPUT_STATE = 18;
  private static final int CELL_STATE = 19;
  private static final int CELL_GATE = 2;

  private final Workers workers;
  private final IntegerLstmCell cell;
  private final boolean timeMajor;
  private final int batches;
  private final int steps;
  private final int depth;
  private final int cells;
  private final int firstGate;
  private final ExactMatrix weights;
  private final ExactMatrix recurrent;
  private final int[] inputOffsets;
  private final int[] recurrentOffsets;
  private final short[] sigmoid = FixedPointTables.sigmoid();
  private final short[] gateTanh = FixedPointTables.tanh(IntegerLstmCell.GATE_INTEGER_BITS);
  private final short[] stateTanh;
  private final IndirectionBuffer inputRows;
  private final IndirectionBuffer stateRows;
  private final ByteArray input = new ByteArray();
  private final ByteArray output = new ByteArray();

  /** The contribution of the input to the gates, for each of its rows. */
  private final short[] inputGates;

  /** The gates of all batches at one step: sums, then values. */
  private final int[] gates;

  private final float[] outputState;
  private final int[] cellState;

  private IntegerLstmKernel(
      Workers workers,
      PackedWeights shared,
      IntegerLstmCell cell,
      Operands operands,
      boolean timeMajor) {
    Shape shape = operands.shape(0);
    boolean sequence = shape.rank() == 3;
    this.workers = workers;
    this.cell = cell;
    this.timeMajor = sequence && timeMajor;
    this.batches = shape.dim(this.timeMajor ? 1 : 0);
    this.steps = sequence ? shape.dim(this.timeMajor ? 0 : 1) : 1;
    this.depth = shape.dim(shape.rank() - 1);
    this.cells = operands.shape(CELL_STATE).dim(1);
    this.firstGate = cell.hasInputGate() ? 0 : 1;
    int lanes = workers.lanes();
    this.weights = ExactMatrix.of(shared, matrices(operands, 1), depth, lanes);
    this.recurrent = ExactMatrix.of(shared, matrices(operands, 5), cells, lanes);
    this.inputOffsets = weights.offsets(cell.inputZero(), bias(operands));
    this.recurrentOffsets = recurrent.offsets(cell.outputZero(), new int[0]);
    this.stateTanh = FixedPointTables.tanh(cell.cellIntegerBits());
    int columns = weights.columns();
    this.inputRows = weights.left(CHUNK_ROWS);
    this.stateRows = recurrent.left(batches);
    this.inputGates = new short[ArraySize.product(batches, steps, columns)];
    this.gates = new int[ArraySize.product(batches, columns)];
    this.outputState = new float[ArraySize.product(batches, cells)];
    this.cellState = new int[outputState.length];
    workers.reserve(
        ArraySize.product(CHUNK_ROWS, depth),
        ArraySize.product(Math.max(CHUNK_ROWS, batches), columns),
        ArraySize.product(CHUNK_ROWS, columns));
  }

  /**
   * Returns the kernel; null for layers with a projection, peepholes or normalization.
   *
   * @param cell the arithmetic of the layer
   */
  public static @Nullable IntegerLstmKernel of(
      Workers workers,
      PackedWeights shared,
      IntegerLstmCell cell,
      Operands operands,
      boolean timeMajor) {
    Shape shape = operands.shape(0);
    Shape states = operands.shape(CELL_STATE);
    boolean supported =
        states.rank() == 2
            && shape.rank() >= 2
            && shape.rank() <= 3
            && operands.output(0).type() == TensorType.INT8
            && operands.type(OUTPUT_STATE) == TensorType.INT8;
    for (int i = 0; i < operands.inputCount(); i++) {
      boolean extra = (i >= 9 && i < 12) || i == 16 || i == 17 || i >= 20;
      supported &= !extra || !operands.hasInput(i);
    }
    if (!supported) {
      return null;
    }
    int cells = states.dim(1);
    int depth = shape.dim(shape.rank() - 1);
    for (int gate = cell.hasInputGate() ? 0 : 1; gate < 4; gate++) {
      int bias = FIRST_BIAS + gate;
      supported &=
          isConstant(operands, 1 + gate, TensorType.INT8, Shape.of(cells, depth))
              && isConstant(operands, 5 + gate, TensorType.INT8, Shape.of(cells, cells))
              && (!operands.hasInput(bias)
                  || isConstant(operands, bias, TensorType.INT32, Shape.of(cells)));
    }
    supported &=
        operands.shape(OUTPUT_STATE).equals(states)
            && states.dim(0) == shape.dim(shape.rank() == 3 && timeMajor ? 1 : 0)
            && cell.cellIntegerBits() >= 0
            && cell.cellIntegerBits() <= 12
            && shape.elements() > 0
            && cells > 0;
    return supported ? new IntegerLstmKernel(workers, shared, cell, operands, timeMajor) : null;
  }

  private static boolean isConstant(Operands operands, int i, TensorType type, Shape shape) {
    Tensor known = operands.hasInput(i) ? operands.input(i).known() : null;
    return known != null && known.type() == type && known.shape().equals(shape);
  }

  private List<Tensor> matrices(Operands operands, int first) {
    List<Tensor> matrices = new ArrayList<>();
    for (int gate = firstGate; gate < 4; gate++) {
      Tensor known = operands.input(first + gate).known();
      if (known == null) {
        throw new IllegalStateException("weights of gate " + gate + " are not constant");
      }
      matrices.add(known);
    }
    return matrices;
  }

  private int[] bias(Operands operands) {
    int[] joined = new int[weights.columns()];
    for (int gate = firstGate; gate < 4; gate++) {
      int operand = FIRST_BIAS + gate;
      Tensor known = operands.hasInput(operand) ? operands.input(operand).known() : null;
      for (int i = 0; known != null && i < cells; i++) {
        joined[column(gate) + i] = known.getInt(i);
      }
    }
    return joined;
  }

  private int column(int gate) {
    return (gate - firstGate) * cells;
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    output.bindOutput(invocation.output(0));
    workers.run(this, Math.ceilDiv(batches * steps, CHUNK_ROWS));
    Tensor lastOutput = invocation.input(OUTPUT_STATE);
    Tensor lastCell = invocation.input(CELL_STATE);
    for (int i = 0; i < cellState.length; i++) {
      outputState[i] = lastOutput.getByte(i);
      cellState[i] = (int) lastCell.getInteger(i);
    }
    for (int step = 0; step < steps; step++) {
      step(workers.scratch(), step);
    }
    for (int i = 0; i < cellState.length; i++) {
      lastOutput.setByte(i, (byte) outputState[i]);
      lastCell.setInteger(i, cellState[i]);
    }
  }

  /** Computes the contribution of the input to the gates, for some rows. */
  @Override
  public void run(int chunk, Scratch scratch) {
    int first = chunk * CHUNK_ROWS;
    int count = Math.min(CHUNK_ROWS, batches * steps - first);
    int columns = weights.columns();
    float[] rows = scratch.input();
    int[] sums = scratch.integers();
    int from = input.offset() + first * depth;
    scratch.math.widen(input.array(), from, false, rows, 0, count * depth);
    weights.multiply(scratch, rows, inputRows, count, inputOffsets, sums);
    for (int row = 0; row < count; row++) {
      for (int gate = firstGate; gate < 4; gate++) {
        int at = row * columns + column(gate);
        int to = first * columns + at;
        for (int i = 0; i < cells; i++) {
          inputGates[to + i] = (short) cell.fromInput(gate, sums[at + i]);
        }
      }
    }
  }

  private void step(Scratch scratch, int step) {
    int columns = recurrent.columns();
    recurrent.multiply(scratch, outputState, stateRows, batches, recurrentOffsets, gates);
    for (int b = 0; b < batches; b++) {
      int row = timeMajor ? step * batches + b : b * steps + step;
      for (int gate = firstGate; gate < 4; gate++) {
        activate(gate, row * columns + column(gate), b * columns + column(gate));
      }
      cells(b, output.offset() + row * cells);
    }
  }

  private void activate(int gate, int from, int at) {
    short[] function = gate == CELL_GATE ? gateTanh : sigmoid;
    for (int i = 0; i < cells; i++) {
      int value = cell.withRecurrent(gate, inputGates[from + i], gates[at + i]);
      gates[at + i] = function[value & 0xffff];
    }
  }

  private void cells(int batch, int to) {
    byte[] results = output.array();
    int first = batch * recurrent.columns();
    int forget = first + column(1);
    int candidate = first + column(CELL_GATE);
    int outputGate = first + column(3);
    for (int i = 0; i < cells; i++) {
      int at = batch * cells + i;
      int state =
          cell.nextState(gates[first + i], gates[forget + i], gates[candidate + i], cellState[at]);
      cellState[at] = state;
      int hidden = cell.hidden(gates[outputGate + i], stateTanh[state & 0xffff]);
      outputState[at] = hidden;
      results[to + i] = (byte) hidden;
    }
  }
}
