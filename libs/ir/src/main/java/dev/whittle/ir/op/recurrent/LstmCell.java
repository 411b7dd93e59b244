package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import org.jspecify.annotations.Nullable;

/** The reference kernel of LSTM layers in floats, with float or 8-bit weights. */
final class LstmCell {
  private static final int INPUT = 0;
  private static final int FORGET = 1;
  private static final int CELL = 2;
  private static final int OUTPUT = 3;
  private static final float NORMALIZATION_EPSILON = 1e-8f;

  /** What a layer's options say. */
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
  private final VectorOperand second;
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
    this.second = new VectorOperand(hybrid, settings.asymmetric);
    this.h = new VectorOperand(hybrid, settings.asymmetric);
    this.in = input.dim(input.rank() - 1);
    this.cells = cellState.dim(1);
    this.out = outputState.dim(1);
  }

  /**
   * The kernel for operands of one of the forms that native runtimes have.
   *
   * @throws OperandException if they have none
   */
  static Kernel kernel(Operands operands, Settings settings, boolean timeMajor) {
    if (operands.type(0) == TensorType.INT8
        && operands.type(2) == TensorType.INT8
        && operands.type(19) == TensorType.INT16) {
      return new IntegerLstmCell(operands, timeMajor, settings.cellClip, settings.projectionClip);
    }
    LstmOperands layer = LstmOperands.SINGLE;
    requireTypes(operands, layer);
    return invocation -> {
      SequenceLayout layout = layout(invocation, layer, timeMajor);
      new LstmCell(invocation, layer, settings).run(layout, new Target(0, 0, false));
    };
  }

  /** Floats all over, or weights of 8 bits. */
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
   * How the input lies.
   *
   * @throws OperandException if the states do not fit it, or each other
   */
  static SequenceLayout layout(Invocation invocation, LstmOperands layer, boolean timeMajor) {
    SequenceLayout layout = SequenceLayout.of(invocation.input(layer.input()), timeMajor);
    Tensor outputState = invocation.input(layer.outputState());
    Tensor cellState = invocation.input(layer.cellState());
    int batches = layout.batches();
    if (outputState.dim(0) != batches || cellState.dim(0) != batches) {
      throw OperandException.invalid(
          "states %s and %s for %d batches", outputState.shape(), cellState.shape(), batches);
    }
    if (!invocation.hasInput(layer.projection()) && outputState.dim(1) != cellState.dim(1)) {
      throw OperandException.invalid(
          "states %s and %s without a projection", outputState.shape(), cellState.shape());
    }
    return layout;
  }

  /**
   * Where results go.
   *
   * @param output which output of the node
   * @param offset of the layer's units along its last axis
   * @param backward whether the sequence is gone through from its end
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
        long place = layout.row(b, target.backward ? layout.steps() - 1 - i : i);
        step(b, place);
        for (int o = 0; o < out; o++) {
          float state = outputState.getFloat((long) b * out + o);
          output.setFloat(place * width + target.offset + o, state);
        }
      }
    }
  }

  private void step(int batch, long place) {
    x.load(input, place * in, in);
    if (auxiliary != null) {
      int width = auxiliary.dim(auxiliary.rank() - 1);
      second.load(auxiliary, place * width, width);
    }
    h.load(outputState, (long) batch * out, out);
    float[] forget = gate(FORGET, batch, true);
    float[] candidate = gate(CELL, batch, false);
    float[] enter = invocation.hasInput(operands.weights(INPUT)) ? gate(INPUT, batch, true) : null;
    long c = (long) batch * cells;
    for (int i = 0; i < cells; i++) {
      float share = enter == null ? 1 - forget[i] : enter[i];
      float state = forget[i] * cellState.getFloat(c + i) + share * candidate[i];
      cellState.setFloat(c + i, clip(state, settings.cellClip));
    }
    float[] leave = gate(OUTPUT, batch, true);
    for (int i = 0; i < cells; i++) {
      leave[i] *= settings.activation.apply(cellState.getFloat(c + i));
    }
    Tensor projection = optional(operands.projection());
    Tensor bias = optional(operands.projectionBias());
    if (projection != null) {
      x.load(leave);
    }
    for (int o = 0; o < out; o++) {
      float value = leave.length > o ? leave[o] : 0;
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

  /** One gate's values; sigmoid for gates proper, the cell's activation for its candidate. */
  private float[] gate(int gate, int batch, boolean sigmoid) {
    Tensor weights = invocation.input(operands.weights(gate));
    Tensor recurrent = invocation.input(operands.recurrent(gate));
    Tensor more = auxiliary == null ? null : invocation.input(operands.auxiliaryWeights() + gate);
    Tensor peephole = gate == CELL ? null : optional(operands.peephole(gate));
    Tensor bias = optional(operands.bias(gate));
    Tensor norm = operands.norm() < 0 ? null : optional(operands.norm() + gate);
    float[] values = new float[cells];
    for (int i = 0; i < cells; i++) {
      float sum = norm == null && bias != null ? bias.getFloat(i) : 0;
      sum = x.accumulate(sum, weights, i);
      if (more != null) {
        sum = second.accumulate(sum, more, i);
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
