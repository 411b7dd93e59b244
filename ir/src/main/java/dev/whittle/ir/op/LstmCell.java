package dev.whittle.ir.op;

import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import org.jspecify.annotations.Nullable;

/** The reference kernel of {@link UnidirectionalSequenceLstm} and {@link Lstm} in floats. */
final class LstmCell {
  private static final int INPUT = 0;
  private static final int FORGET = 1;
  private static final int CELL = 2;
  private static final int OUTPUT = 3;
  private static final float NORMALIZATION_EPSILON = 1e-8f;

  private final Invocation invocation;
  private final Activation activation;
  private final float cellClip;
  private final float projectionClip;
  private final Tensor input;
  private final Tensor outputState;
  private final Tensor cellState;
  private final int in;
  private final int cells;
  private final int out;

  LstmCell(Invocation invocation, Activation activation, float cellClip, float projectionClip) {
    this.invocation = invocation;
    this.activation = activation;
    this.cellClip = cellClip;
    this.projectionClip = projectionClip;
    this.input = invocation.input(0);
    this.outputState = invocation.input(18);
    this.cellState = invocation.input(19);
    this.in = input.dim(input.rank() - 1);
    this.cells = cellState.dim(1);
    this.out = outputState.dim(1);
  }

  /**
   * The kernel for operands of one of the forms that native runtimes have.
   *
   * @throws OperandException if they have none
   */
  static Kernel kernel(
      Operands operands,
      Activation activation,
      float cellClip,
      float projectionClip,
      boolean timeMajor) {
    if (operands.type(0) == TensorType.INT8
        && operands.type(2) == TensorType.INT8
        && operands.type(19) == TensorType.INT16) {
      return new IntegerLstmCell(operands, timeMajor, cellClip, projectionClip);
    }
    for (int weights = 1; weights < operands.inputCount(); weights++) {
      if (operands.hasInput(weights)) {
        RecurrentKernels.requireFloats(operands, weights);
      }
    }
    return invocation ->
        new LstmCell(invocation, activation, cellClip, projectionClip).run(timeMajor);
  }

  /**
   * How the input lies.
   *
   * @throws OperandException if the states do not fit it, or each other
   */
  static SequenceLayout layout(Invocation invocation, boolean timeMajor) {
    SequenceLayout layout = SequenceLayout.of(invocation.input(0), timeMajor);
    Tensor outputState = invocation.input(18);
    Tensor cellState = invocation.input(19);
    int batches = layout.batches();
    if (outputState.dim(0) != batches || cellState.dim(0) != batches) {
      throw OperandException.invalid(
          "states %s and %s for %d batches", outputState.shape(), cellState.shape(), batches);
    }
    if (!invocation.hasInput(16) && outputState.dim(1) != cellState.dim(1)) {
      throw OperandException.invalid(
          "states %s and %s without a projection", outputState.shape(), cellState.shape());
    }
    return layout;
  }

  /** Which operand holds a gate's weights of the cell's state; the candidate has none. */
  static int peephole(int gate) {
    return gate == OUTPUT ? 11 : 9 + gate;
  }

  private @Nullable Tensor optional(int operand) {
    return invocation.hasInput(operand) ? invocation.input(operand) : null;
  }

  void run(boolean timeMajor) {
    SequenceLayout layout = layout(invocation, timeMajor);
    for (int b = 0; b < layout.batches(); b++) {
      for (int t = 0; t < layout.steps(); t++) {
        long place = layout.row(b, t);
        step(b, place * in);
        for (int i = 0; i < out; i++) {
          float state = outputState.getFloat((long) b * out + i);
          invocation.output(0).setFloat(place * out + i, state);
        }
      }
    }
  }

  private void step(int batch, long x) {
    float[] forget = gate(FORGET, batch, x, true);
    float[] candidate = gate(CELL, batch, x, false);
    float[] enter = invocation.hasInput(1) ? gate(INPUT, batch, x, true) : null;
    long c = (long) batch * cells;
    for (int i = 0; i < cells; i++) {
      float share = enter == null ? 1 - forget[i] : enter[i];
      float state = forget[i] * cellState.getFloat(c + i) + share * candidate[i];
      cellState.setFloat(c + i, clip(state, cellClip));
    }
    float[] leave = gate(OUTPUT, batch, x, true);
    for (int i = 0; i < cells; i++) {
      leave[i] *= activation.apply(cellState.getFloat(c + i));
    }
    Tensor projection = optional(16);
    for (int o = 0; o < out; o++) {
      float value;
      if (projection == null) {
        value = leave[o];
      } else {
        Tensor bias = optional(17);
        value = bias == null ? 0 : bias.getFloat(o);
        for (int i = 0; i < cells; i++) {
          value += projection.getFloat((long) o * cells + i) * leave[i];
        }
        value = clip(value, projectionClip);
      }
      outputState.setFloat((long) batch * out + o, value);
    }
  }

  private static float clip(float x, float limit) {
    return limit > 0 ? Math.min(Math.max(x, -limit), limit) : x;
  }

  /** One gate's values; sigmoid for gates proper, the cell's activation for its candidate. */
  private float[] gate(int gate, int batch, long x, boolean sigmoid) {
    Tensor weights = invocation.input(1 + gate);
    Tensor recurrent = invocation.input(5 + gate);
    // The candidate has no weights of the cell's state.
    Tensor peephole = gate == CELL ? null : optional(peephole(gate));
    Tensor bias = optional(12 + gate);
    Tensor norm = optional(20 + gate);
    float[] values = new float[cells];
    for (int i = 0; i < cells; i++) {
      float sum = norm == null && bias != null ? bias.getFloat(i) : 0;
      for (int k = 0; k < in; k++) {
        sum += weights.getFloat((long) i * in + k) * input.getFloat(x + k);
      }
      for (int k = 0; k < out; k++) {
        sum +=
            recurrent.getFloat((long) i * out + k) * outputState.getFloat((long) batch * out + k);
      }
      if (peephole != null) {
        sum += peephole.getFloat(i) * cellState.getFloat((long) batch * cells + i);
      }
      values[i] = sum;
    }
    if (norm != null) {
      normalize(values, norm, bias);
    }
    for (int i = 0; i < cells; i++) {
      values[i] = sigmoid ? (float) (1 / (1 + Math.exp(-values[i]))) : activation.apply(values[i]);
    }
    return values;
  }

  private static void normalize(float[] values, Tensor coefficients, @Nullable Tensor bias) {
    float sum = 0;
    float squares = 0;
    for (float value : values) {
      sum += value;
      squares += value * value;
    }
    float mean = sum / values.length;
    float variance = squares / values.length - mean * mean;
    float scale = 1 / (float) Math.sqrt(variance + NORMALIZATION_EPSILON);
    for (int i = 0; i < values.length; i++) {
      float shift = bias == null ? 0 : bias.getFloat(i);
      values[i] = (values[i] - mean) * scale * coefficients.getFloat(i) + shift;
    }
  }
}
