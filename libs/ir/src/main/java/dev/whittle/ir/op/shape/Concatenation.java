package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
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
    if (operands.type(0) == TensorType.UINT8) {
      requireEqualScales(operands);
    }
    operands.type(0).requireWholeBytes();
    if (activation != Activation.NONE) {
      throw OperandException.unsupported("no kernel for the fused activation %s", activation);
    }
    return this::run;
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

  private static void requireEqualScales(Operands operands) {
    for (int n = 0; n < operands.inputCount(); n++) {
      Quantization in = operands.input(n).quantization();
      Quantization out = operands.output(0).quantization();
      if (in != null
          && out != null
          && in.isQuantized()
          && out.isQuantized()
          && (in.scaleValue() != out.scaleValue() || in.zeroPointValue() != out.zeroPointValue())) {
        throw OperandException.unsupported(
            "no kernel for UINT8 operands of different quantization parameters");
      }
    }
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
