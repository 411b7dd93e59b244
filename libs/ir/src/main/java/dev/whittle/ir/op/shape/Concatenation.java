package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.FixedPoint;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Quantization;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The concatenation of the operands along an axis.
 *
 * @param axis the axis, counted from the end if negative
 * @param activation the fused activation
 */
public record Concatenation(int axis, Activation activation) implements Op {
  public static final OpType<Concatenation> TYPE =
      OpType.of(
              "CONCATENATION",
              2,
              "ConcatenationOptions",
              1,
              1,
              options ->
                  new Concatenation(
                      options.integer("axis", 0),
                      Activation.ofCode(options.integer("fused_activation_function", 0))))
          .withMaxInputs(OpType.MANY);

  @Override
  public OpType<Concatenation> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("axis", axis)
        .with("fused_activation_function", activation.code());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape first = operands.shape(0);
    for (int n = 0; n < operands.inputCount(); n++) {
      if (!operands.shape(n).isRankKnown()) {
        return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
      }
    }
    int axisIndex = Shapes.axis(axis, first.rank());
    int[] dims = first.toArray();
    for (int n = 1; n < operands.inputCount(); n++) {
      Shape next = operands.shape(n);
      if (next.rank() != dims.length || operands.type(n) != operands.type(0)) {
        throw OperandException.invalid(
            "cannot concatenate %s %s to %s %s; expected one type and rank",
            operands.type(n), next, operands.type(0), first);
      }
      for (int i = 0; i < dims.length; i++) {
        dims[i] = concatenated(dims[i], next.dim(i), i == axisIndex, first, next);
      }
    }
    return List.of(new TypedShape(operands.type(0), Shape.of(dims)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    operands.type(0).requireWholeBytes();
    if (activation != Activation.NONE) {
      throw OperandException.unsupported("no kernel for the fused activation %s", activation);
    }
    if (rescales(operands)) {
      byte[][] tables = new byte[operands.inputCount()][];
      for (int n = 0; n < tables.length; n++) {
        tables[n] = rescaled(operands.input(n), operands.output(0).requireQuantization());
      }
      return invocation -> {
        run(invocation);
        rescale(invocation, tables);
      };
    }
    return this::run;
  }

  /**
   * Returns whether elements are rescaled to the output's scale. Only UINT8 has that kernel, for
   * models that are older than signed integers.
   *
   * @throws OperandException if INT8 operands differ in their scales
   */
  public boolean rescales(Operands operands) {
    TensorType type = operands.type(0);
    if (type != TensorType.UINT8 && type != TensorType.INT8) {
      return false;
    }
    for (int n = 0; n < operands.inputCount(); n++) {
      if (!hasScaleOfOutput(operands, n)) {
        if (type == TensorType.INT8) {
          throw OperandException.unsupported(
              "no kernel for INT8 operands of different quantization parameters");
        }
        return true;
      }
    }
    return false;
  }

  private static boolean hasScaleOfOutput(Operands operands, int n) {
    Quantization in = operands.input(n).quantization();
    Quantization out = operands.output(0).quantization();
    return in == null
        || out == null
        || !in.isQuantized()
        || !out.isQuantized()
        || (in.scaleValue() == out.scaleValue() && in.zeroPointValue() == out.zeroPointValue());
  }

  /** Returns the rescaled element of each element of an input, in single precision. */
  private static byte[] rescaled(Operand input, Quantization out) {
    Quantization in = input.requireQuantization();
    boolean same =
        in.scaleValue() == out.scaleValue() && in.zeroPointValue() == out.zeroPointValue();
    float scale = in.scaleValue() * (1f / out.scaleValue());
    float offset = -in.zeroPointValue() * scale;
    byte[] table = new byte[256];
    for (int x = 0; x < table.length; x++) {
      int value = (int) FixedPoint.roundHalfAway(x * scale + offset) + out.zeroPointValue();
      table[x] = (byte) (same ? x : FixedPoint.clamp(value, 0, 255));
    }
    return table;
  }

  private void rescale(Invocation invocation, byte[][] tables) {
    Tensor out = invocation.output(0);
    int axisIndex = Shapes.axis(axis, out.rank());
    long outer = Shapes.product(out.dims(), 0, axisIndex);
    long at = 0;
    for (long o = 0; o < outer; o++) {
      for (int n = 0; n < tables.length; n++) {
        Tensor in = invocation.input(n);
        long end = at + Shapes.product(in.dims(), axisIndex, in.rank());
        for (; at < end; at++) {
          out.setInteger(at, tables[n][(int) out.getInteger(at)]);
        }
      }
    }
  }

  private static int concatenated(int a, int b, boolean isAxis, Shape first, Shape next) {
    if (a == Shape.DYNAMIC || b == Shape.DYNAMIC) {
      return isAxis ? Shape.DYNAMIC : Math.max(a, b);
    }
    if (!isAxis && a != b) {
      throw OperandException.invalid(
          "cannot concatenate %s to %s; expected equal dimensions except along the axis",
          next, first);
    }
    return isAxis ? Math.addExact(a, b) : a;
  }

  private void run(Invocation invocation) {
    Tensor out = invocation.output(0);
    int axisIndex = Shapes.axis(axis, out.rank());
    long outer = Shapes.product(out.dims(), 0, axisIndex);
    long row = Shapes.product(out.dims(), axisIndex, out.rank());
    long offset = 0;
    for (int n = 0; n < invocation.inputCount(); n++) {
      Tensor in = invocation.input(n);
      long slice = Shapes.product(in.dims(), axisIndex, in.rank());
      for (long o = 0; o < outer; o++) {
        Tensor.copy(in, o * slice, out, o * row + offset, slice);
      }
      offset += slice;
    }
  }

  @Override
  public int version(Operands operands) {
    return switch (operands.type(0)) {
      case INT8 -> 2;
      case INT16 -> 3;
      default -> 1;
    };
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
