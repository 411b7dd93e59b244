package dev.whittle.ir.op.recurrent;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.FixedPoint16;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Reference kernel of {@link UnidirectionalSequenceLstm} and {@link Lstm} with 8-bit operands and a
 * 16-bit cell state, as the native runtime's integer kernel. Gates are Q3.12 before and Q0.15 after
 * their activations. Gates are numbered 0 input, 1 forget, 2 cell, 3 output. Fast kernels compute
 * sums of products in their own way, and share the rest of the arithmetic.
 */
public final class IntegerLstmCell implements Kernel {
  /** The bits of a gate before its activation that are not fractional, with the sign left out. */
  public static final int GATE_INTEGER_BITS = 3;

  private static final int FORGET = 1;
  private static final int CELL = 2;
  private static final int OUTPUT = 3;
  private static final double GATE_SCALE = 1.0 / 4096;

  private final boolean timeMajor;
  private final FixedPoint.Multiplier[] inputScales = new FixedPoint.Multiplier[4];
  private final FixedPoint.Multiplier[] recurrentScales = new FixedPoint.Multiplier[4];
  private final FixedPoint.Multiplier[] peepholeScales = new FixedPoint.Multiplier[4];
  private final FixedPoint.@Nullable Multiplier[] normalizations = new FixedPoint.Multiplier[4];
  private final int[] minVariances = new int[4];
  private final FixedPoint.Multiplier hiddenScale;
  private final FixedPoint.Multiplier projectionScale;
  private final int inputZero;
  private final int outputZero;
  private final int hiddenZero;
  private final int cellShift;
  private final int cellClip;
  private final int projectionClip;
  private final boolean hasInputGate;

  IntegerLstmCell(Operands operands, boolean timeMajor, float cellClip, float projectionClip) {
    this.timeMajor = timeMajor;
    Quantization input = operands.input(0).requireQuantization();
    Quantization state = operands.input(18).requireQuantization();
    Quantization hidden = operands.intermediate(4);
    if (hidden == null) {
      hidden = state;
    }
    inputZero = input.zeroPointValue();
    outputZero = state.zeroPointValue();
    hiddenZero = hidden.zeroPointValue();
    float cellScale = operands.input(19).requireQuantization().scaleValue();
    cellShift = Math.getExponent(cellScale);
    if (cellScale != Math.scalb(1f, cellShift)) {
      throw OperandException.unsupported(
          "no kernel for a cell state of scale %s; expected a power of two", cellScale);
    }
    hasInputGate = operands.hasInput(1);
    for (int g = hasInputGate ? 0 : 1; g < 4; g++) {
      double scale = GATE_SCALE;
      if (operands.hasInput(LstmOperands.SINGLE.norm() + g)) {
        Quantization before = operands.intermediate(g);
        if (before == null) {
          throw OperandException.invalid(
              "intermediate %d, the scale of gate %d before normalization, is missing", g, g);
        }
        scale = before.scaleValue();
        Quantization norm = operands.input(LstmOperands.SINGLE.norm() + g).requireQuantization();
        normalizations[g] = FixedPoint.Multiplier.of(norm.scaleValue());
        minVariances[g] = (int) Math.max(1, 10_000 * norm.scaleValue());
      }
      inputScales[g] = gateScale(operands, 1 + g, input.scaleValue(), scale);
      recurrentScales[g] = gateScale(operands, 5 + g, state.scaleValue(), scale);
      int peephole = LstmOperands.SINGLE.peephole(g);
      if (g != CELL && operands.hasInput(peephole)) {
        peepholeScales[g] = gateScale(operands, peephole, cellScale, scale);
      }
    }
    hiddenScale =
        FixedPoint.Multiplier.of(
            (float) (Math.scalb(1.0, -15) / hidden.scaleValue() * Math.scalb(1.0, -15)));
    projectionScale =
        operands.hasInput(16)
            ? FixedPoint.Multiplier.of(
                operands.input(16).requireQuantization().scaleValue()
                    * hidden.scaleValue()
                    / state.scaleValue())
            : FixedPoint.Multiplier.ZERO;
    this.cellClip = limit(cellClip, cellScale, Short.MAX_VALUE);
    this.projectionClip = limit(projectionClip, state.scaleValue(), Byte.MAX_VALUE);
  }

  private static int limit(float clip, float scale, int max) {
    return clip > 0 ? (int) Math.min(Math.max(clip / scale, -max - 1f), max) : 0;
  }

  private static FixedPoint.Multiplier gateScale(
      Operands operands, int weights, float scale, double gateScale) {
    float product = operands.input(weights).requireQuantization().scaleValue() * scale;
    return FixedPoint.Multiplier.of((float) (product / gateScale));
  }

  /** Returns whether there is an input gate; otherwise it is one minus the forget gate. */
  public boolean hasInputGate() {
    return hasInputGate;
  }

  /** Returns the zero point of the input. */
  public int inputZero() {
    return inputZero;
  }

  /** Returns the zero point of the output and its state. */
  public int outputZero() {
    return outputZero;
  }

  /** Returns the bits of the cell state that are not fractional, with the sign left out. */
  public int cellIntegerBits() {
    return 15 + cellShift;
  }

  /** Returns the part of a gate that a sum of products of the input contributes. */
  public int fromInput(int gate, int sum) {
    return clamp16(inputScales[gate].apply(sum));
  }

  /** Returns the gate {@code value} plus the contribution of a sum of products of the state. */
  public int withRecurrent(int gate, int value, int sum) {
    return clamp16(value + recurrentScales[gate].apply(sum));
  }

  /** Returns the next cell state; {@code inputGate} is not read if there is none. */
  public int nextState(int inputGate, int forgetGate, int candidate, int state) {
    int kept = (short) FixedPoint.roundingDivideByPowerOfTwo(forgetGate * state, 15);
    int weight = hasInputGate ? inputGate : Short.MAX_VALUE - forgetGate;
    int added = (short) FixedPoint.roundingDivideByPowerOfTwo(weight * candidate, 30 + cellShift);
    int next = FixedPoint.clamp(kept + added, Short.MIN_VALUE, Short.MAX_VALUE);
    return cellClip > 0 ? FixedPoint.clamp(next, -cellClip, cellClip) : next;
  }

  /**
   * Returns the output of a cell without projection.
   *
   * @param active the hyperbolic tangent of the cell state
   */
  public int hidden(int outputGate, int active) {
    return hidden(outputGate, active, hiddenZero);
  }

  private int hidden(int outputGate, int active, int zero) {
    int scaled = hiddenScale.apply(outputGate * active) + zero;
    return FixedPoint.clamp(scaled, Byte.MIN_VALUE, Byte.MAX_VALUE);
  }

  @Override
  public void run(Invocation invocation) {
    Tensor input = invocation.input(0);
    Tensor output = invocation.output(0);
    Tensor outputState = invocation.input(18);
    SequenceLayout layout = LstmCell.layout(invocation, LstmOperands.SINGLE, timeMajor);
    int in = input.dim(input.rank() - 1);
    int out = outputState.dim(1);
    for (int b = 0; b < layout.batches(); b++) {
      for (int t = 0; t < layout.steps(); t++) {
        long row = layout.row(b, t);
        step(invocation, b, row * in);
        for (int i = 0; i < out; i++) {
          output.setByte(row * out + i, outputState.getByte((long) b * out + i));
        }
      }
    }
  }

  private void step(Invocation invocation, int batch, long x) {
    Tensor cellState = invocation.input(19);
    int cells = cellState.dim(1);
    long first = (long) batch * cells;
    int[] inputGate = hasInputGate ? gate(invocation, 0, batch, x) : new int[0];
    int[] forgetGate = gate(invocation, FORGET, batch, x);
    int[] candidate = gate(invocation, CELL, batch, x);
    for (int i = 0; i < cells; i++) {
      int weight = hasInputGate ? inputGate[i] : 0;
      int state = (int) cellState.getInteger(first + i);
      cellState.setInteger(first + i, nextState(weight, forgetGate[i], candidate[i], state));
    }
    // The peephole of the output gate reads the new cell state.
    int[] outputGate = gate(invocation, OUTPUT, batch, x);
    byte[] hidden = new byte[cells];
    for (int i = 0; i < cells; i++) {
      int active = FixedPoint16.tanh((int) cellState.getInteger(first + i), cellIntegerBits());
      // The native kernel subtracts the zero point, instead of adding it, before a projection.
      int zero = invocation.hasInput(16) ? -hiddenZero : hiddenZero;
      hidden[i] = (byte) hidden(outputGate[i], active, zero);
    }
    project(invocation, batch, hidden);
  }

  private void project(Invocation invocation, int batch, byte[] hidden) {
    Tensor state = invocation.input(18);
    int out = state.dim(1);
    for (int o = 0; o < out; o++) {
      int value = invocation.hasInput(16) ? projected(invocation, hidden, o) : hidden[o];
      state.setByte((long) batch * out + o, (byte) value);
    }
  }

  private int projected(Invocation invocation, byte[] hidden, int o) {
    Tensor weights = invocation.input(16);
    int sum = invocation.hasInput(17) ? invocation.input(17).getInt(o) : 0;
    for (int i = 0; i < hidden.length; i++) {
      sum += weights.getByte((long) o * hidden.length + i) * (hidden[i] + hiddenZero);
    }
    int value =
        FixedPoint.clamp(projectionScale.apply(sum) + outputZero, Byte.MIN_VALUE, Byte.MAX_VALUE);
    return projectionClip > 0 ? FixedPoint.clamp(value, -projectionClip, projectionClip) : value;
  }

  private int[] gate(Invocation invocation, int gate, int batch, long x) {
    Tensor input = invocation.input(0);
    Tensor outputState = invocation.input(18);
    Tensor cellState = invocation.input(19);
    int cells = cellState.dim(1);
    @Nullable Tensor bias = invocation.hasInput(12 + gate) ? invocation.input(12 + gate) : null;
    FixedPoint.Multiplier normalization = normalizations[gate];
    boolean addsBias = bias != null && normalization == null;
    int[] values = new int[cells];
    for (int i = 0; i < cells; i++) {
      int fromInput =
          (addsBias && bias != null ? bias.getInt(i) : 0)
              + dotProduct(
                  invocation.input(1 + gate), i, input, x, input.dim(input.rank() - 1), inputZero);
      int value = fromInput(gate, fromInput);
      int out = outputState.dim(1);
      int recurrent =
          dotProduct(
              invocation.input(5 + gate), i, outputState, (long) batch * out, out, outputZero);
      value = withRecurrent(gate, value, recurrent);
      FixedPoint.Multiplier peephole = peepholeScales[gate];
      if (peephole != null) {
        long weight = invocation.input(LstmOperands.SINGLE.peephole(gate)).getInteger(i);
        int product = (int) (weight * cellState.getInteger((long) batch * cells + i));
        value = clamp16(value + peephole.apply(product));
      }
      values[i] = value;
    }
    if (normalization != null) {
      Tensor coefficients = invocation.input(LstmOperands.SINGLE.norm() + gate);
      normalize(values, coefficients, bias, normalization, minVariances[gate]);
    }
    for (int i = 0; i < cells; i++) {
      values[i] =
          gate == CELL
              ? FixedPoint16.tanh(values[i], GATE_INTEGER_BITS)
              : FixedPoint16.sigmoid(values[i]);
    }
    return values;
  }

  /** Normalizes values to mean 0 and variance 1, scaled by 1,024. */
  private static void normalize(
      int[] values,
      Tensor coefficients,
      @Nullable Tensor bias,
      FixedPoint.Multiplier scale,
      int minVariance) {
    long sum = 0;
    long squares = 0;
    for (int value : values) {
      sum += value;
      squares += (long) value * value;
    }
    int mean = (int) (sum * 1024 / values.length);
    long variance = squares * ((1 << 20) / values.length) - (long) mean * mean;
    int rounded = (int) (variance / (1 << 20));
    var inverse = FixedPoint.Multiplier.ofInverseSquareRoot(rounded < 1 ? minVariance : rounded);
    for (int i = 0; i < values.length; i++) {
      int centered = 1024 * values[i] - mean;
      int normal = FixedPoint.multiply(centered, inverse.mantissa(), inverse.exponent());
      long weighted =
          (long) normal * (int) coefficients.getInteger(i) + (bias == null ? 0 : bias.getInt(i));
      int small = (int) ((weighted > 0 ? weighted + 512 : weighted - 512) / 1024);
      values[i] = clamp16(FixedPoint.multiply(small, scale.mantissa(), scale.exponent() + 12));
    }
  }

  private static int clamp16(int x) {
    return FixedPoint.clamp(x, Short.MIN_VALUE, Short.MAX_VALUE);
  }

  private static int dotProduct(
      Tensor weights, int row, Tensor values, long first, int count, int zero) {
    int sum = 0;
    for (int k = 0; k < count; k++) {
      sum += weights.getByte((long) row * count + k) * (values.getByte(first + k) - zero);
    }
    return sum;
  }
}
