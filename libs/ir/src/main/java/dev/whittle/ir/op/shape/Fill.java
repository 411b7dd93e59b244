package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.Collections;
import java.util.List;

/** A tensor of the shape that operand 0 contains, filled with operand 1, a scalar. */
public record Fill() implements Op {
  public static final OpType<Fill> TYPE =
      OpType.of("FILL", 94, "FillOptions", 2, 1, options -> new Fill());

  @Override
  public OpType<Fill> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    long[] shape = operands.knownIntegers(0);
    Shape vector = operands.shape(0);
    boolean known = vector.isStatic() && vector.rank() == 1;
    Shape unknown = known ? Shapes.dynamic((int) vector.elements()) : Shape.UNKNOWN;
    return List.of(
        new TypedShape(operands.type(1), shape == null ? unknown : Shapes.ofContents(shape)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(1) == TensorType.STRING) {
      return Fill::strings;
    }
    operands.type(1).requireWholeBytes();
    return invocation -> {
      Tensor out = invocation.output(0);
      for (long i = 0; i < out.elements(); i++) {
        Tensor.copy(invocation.input(1), 0, out, i, 1);
      }
    };
  }

  private static void strings(Invocation invocation) {
    Tensor out = invocation.output(0);
    byte[] value = invocation.input(1).strings().getFirst();
    out.setStrings(Collections.nCopies(Math.toIntExact(out.elements()), value), out.dims());
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8);
  }
}
