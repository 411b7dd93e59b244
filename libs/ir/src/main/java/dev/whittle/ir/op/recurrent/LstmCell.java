package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/** Reference kernel of LSTM layers in floats, with float or 8-bit weights. */
final class LstmCell {
  private static final int INPUT = 0;
  private static final int FORGET = 1;
  private static final int CELL = 2;
  private static final int OUTPUT = 3;
  private static final float NORMALIZATION_EPSILON = 1e-8f;

  /**
   * The attributes of a layer.
   *
   * @param activation the activation of the cell's input and state
   * @param cellClip the bound of the magnitude of the cell state; 0 for none
   * @param projectionClip the bound of the magnitude of the projection; 0 for none
   * @param asymmetric whether inputs are quantized asymmetrically if weights have 8 bits
   */
  record Settings(
      Activation activation, float cellClip, float projectionClip, boolean asymmetric) {}

  private final Invocation invocation;
  private final LstmOperands operands;
  private final Settings settings;
  private final Tensor input;
  private final Tensor outputState;
  private final Tensor cellState;
  private final @Nullable Tensor auxiliary;
  private final VectorOperand x;
  private final VectorOperand auxiliaryX;
  private final VectorOperand h;
  private final int in;
  private final int cells;
  private final int out;

  LstmCell(Invocation invocation, LstmOperands operands, Settings settings) {
    this.invocation = invocation;
    this.operands = operands;
    this.settings = settings;
    this.input = invocation.input(operands.input());
    this.outputState = invocation.input(operands.outputState());
    this.cellState = invocation.input(operands.cellState());
    this.auxiliary = operands.auxiliary() < 0 ? null : invocation.input(operands.auxiliary());
    boolean hybrid = invocation.input(operands.weights(FORGET)).type() != TensorType.FLOAT32;
    this.x = new VectorOperand(hybrid, settings.asymmetric);
    this.auxiliaryX = new VectorOperand(hybrid, settings.asymmetric);
    this.h = new VectorOperand(hybrid, settings.asymmetric);
    this.in = input.dim(input.rank() - 1);
    this.cells = cellState.dim(1);
    this.out = outputState.dim(1);
  }

  /**
   * Returns the kernel for the types of the operands.
   *
   * @throws OperandException if no kernel accepts the types
   */
  static Kernel kernel(Operands operands, Settings settings, boolean timeMajor) {
    if (isInteger(operands)) {
      return new IntegerLstmCell(operands, timeMajor, settings.cellClip, settings.projectionClip);
    }
    LstmOperands layer = LstmOperands.SINGLE;
    requireTypes(operands, layer);
    return invocation -> {
      SequenceLayout layout = layout(invocation, layer, timeMajor);
      new LstmCell(invocation, layer, settings).run(layout, new Target(0, 0, false));
    };
  }

  static boolean isInteger(Operands operands) {
    return operands.type(0) == TensorType.INT8
        && operands.type(2) == TensorType.INT8
        && operands.type(19) == TensorType.INT16;
  }

  /**
   * Requires float inputs and float or 8-bit weights.
   *
   * @throws OperandException if an operand has another type
   */
  static void requireTypes(Operands operands, LstmOperands layer) {
    TensorType weights = operands.type(layer.weights(FORGET));
    boolean fits =
        operands.type(layer.input()) == TensorType.FLOAT32
            && (weights == TensorType.FLOAT32 || weights == TensorType.INT8);
    for (int gate = 0; gate < 4; gate++) {
      for (int operand : new int[] {layer.weights(gate), layer.recurrent(gate)}) {
        fits &= !operands.hasInput(operand) || operands.type(operand) == weights;
      }
      fits &=
          !operands.hasInput(layer.bias(gate))
              || operands.type(layer.bias(gate)) == TensorType.FLOAT32;
    }
    fits &= !operands.hasInput(layer.projection()) || operands.type(layer.projection()) == weights;
    if (!fits) {
      throw OperandException.unsupported(
          "no kernel for %s input and %s weights", operands.type(layer.input()), weights);
    }
  }

  /**
   * Returns the layout of the input.
   *
   * @throws OperandException if the states do not fit the input or each other
   */
  static SequenceLayout layout(Invocation invocation, LstmOperands layer, boolean timeMajor) {
    SequenceLayout layout = SequenceLayout.of(invocation.input(layer.input()), timeMajor);
    Tensor outputState = invocation.input(layer.outputState());
    Tensor cellState = invocation.input(layer.cellState());
    int batches = layout.batches();
    if (outputState.dim(0) != batches || cellState.dim(0) != batches) {
      throw OperandException.invalid(
          "states %s and %s; expected %d batches", outputState.shape(), cellState.shape(), batches);
    }
    if (!invocation.hasInput(layer.projection()) && outputState.dim(1) != cellState.dim(1)) {
      throw OperandException.invalid(
          "states %s and %s; expected the same units without a projection",
          outputState.shape(), cellState.shape());
    }
    return layout;
  }

  /**
   * The destination of the results.
   *
   * @param output the index of the output
   * @param offset the position of the layer's units along the output's last axis
   * @param backward whether steps run from the end of the sequence
   */
  record Target(int output, int offset, boolean backward) {}

  private @Nullable Tensor optional(int operand) {
    return invocation.hasInput(operand) ? invocation.input(operand) : null;
  }

  void run(SequenceLayout layout, Target target) {
    Tensor output = invocation.output(target.output);
    int width = output.dim(output.rank() - 1);
    for (int b = 0; b < layout.batches(); b++) {
      for (int i = 0; i < layout.steps(); i++) {
        long row = layout.row(b, target.backward ? layout.steps() - 1 - i : i);
        step(b, row);
        for (int o = 0; o < out; o++) {
          float state = outputState.getFloat((long) b * out + o);
          output.setFloat(row * width + target.offset + o, state);
        }
      }
    }
  }

  private void step(int batch, long row) {
    x.load(input, row * in, in);
    if (auxiliary != null) {
      int width = auxiliary.dim(auxiliary.rank() - 1);
      auxiliaryX.load(auxiliary, row * width, width);
    }
    h.load(outputState, (long) batch * out, out);
    float[] forgetGate = gate(FORGET, batch, true);
    float[] candidate = gate(CELL, batch, false);
    float[] inputGate =
        invocation.hasInput(operands.weights(INPUT)) ? gate(INPUT, batch, true) : null;
    long c = (long) batch * cells;
    for (int i = 0; i < cells; i++) {
      float added = inputGate == null ? 1 - forgetGate[i] : inputGate[i];
      float state = forgetGate[i] * cellState.getFloat(c + i) + added * candidate[i];
      cellState.setFloat(c + i, clip(state, settings.cellClip));
    }
    float[] outputGate = gate(OUTPUT, batch, true);
    for (int i = 0; i < cells; i++) {
      outputGate[i] *= settings.activation.apply(cellState.getFloat(c + i));
    }
    Tensor projection = optional(operands.projection());
    Tensor bias = optional(operands.projectionBias());
    if (projection != null) {
      x.load(outputGate);
    }
    for (int o = 0; o < out; o++) {
      float value = outputGate.length > o ? outputGate[o] : 0;
      if (projection != null) {
        value = x.accumulate(bias == null ? 0 : bias.getFloat(o), projection, o);
        value = clip(value, settings.projectionClip);
      }
      outputState.setFloat((long) batch * out + o, value);
    }
  }

  private static float clip(float x, float limit) {
    return limit > 0 ? Math.min(Math.max(x, -limit), limit) : x;
  }

  /** Returns the values of a gate, with a sigmoid or, for the cell gate, the layer's activation. */
  private float[] gate(int gate, int batch, boolean sigmoid) {
    Tensor weights = invocation.input(operands.weights(gate));
    Tensor recurrent = invocation.input(operands.recurrent(gate));
    Tensor auxiliaryWeights =
        auxiliary == null ? null : invocation.input(operands.auxiliaryWeights() + gate);
    Tensor peephole = gate == CELL ? null : optional(operands.peephole(gate));
    Tensor bias = optional(operands.bias(gate));
    Tensor norm = operands.norm() < 0 ? null : optional(operands.norm() + gate);
    float[] values = new float[cells];
    for (int i = 0; i < cells; i++) {
      float sum = norm == null && bias != null ? bias.getFloat(i) : 0;
      sum = x.accumulate(sum, weights, i);
      if (auxiliaryWeights != null) {
        sum = auxiliaryX.accumulate(sum, auxiliaryWeights, i);
      }
      sum = h.accumulate(sum, recurrent, i);
      if (peephole != null) {
        float weight =
            peephole.type() == TensorType.FLOAT32
                ? peephole.getFloat(i)
                : peephole.getInteger(i) * VectorOperand.scale(peephole);
        sum += weight * cellState.getFloat((long) batch * cells + i);
      }
      values[i] = sum;
    }
    if (norm != null) {
      normalize(values, norm, bias);
    }
    for (int i = 0; i < cells; i++) {
      values[i] =
          sigmoid ? (float) (1 / (1 + Math.exp(-values[i]))) : settings.activation.apply(values[i]);
    }
    return values;
  }

  private static void normalize(float[] values, Tensor coefficients, @Nullable Tensor bias) {
    float sum = 0;
    for (float value : values) {
      sum += value;
    }
    float mean = sum / values.length;
    float squares = 0;
    for (float value : values) {
      squares += (value - mean) * (value - mean);
    }
    float variance = squares / values.length;
    float scale = 1 / (float) Math.sqrt(variance + NORMALIZATION_EPSILON);
    for (int i = 0; i < values.length; i++) {
      float shift = bias == null ? 0 : bias.getFloat(i);
      values[i] = (values[i] - mean) * scale * coefficients.getFloat(i) + shift;
    }
  }
}
