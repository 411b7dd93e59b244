package dev.whittle.ir.op.math;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The sum of one or more operands of one shape. */
public record AddN() implements Op {
  public static final OpType<AddN> TYPE =
      OpType.of("ADD_N", 106, "AddNOptions", 1, 1, options -> new AddN())
          .withMaxInputs(OpType.MANY);

  @Override
  public OpType<AddN> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return OutputTypes.sameAsInput(operands);
  }

  @Override
  public Kernel kernel(Operands operands) {
    return switch (operands.type(0)) {
      case FLOAT32 -> AddN::floats;
      case INT32 -> AddN::integers;
      default -> throw operands.unsupportedType();
    };
  }

  private static void checkShapes(Invocation invocation) {
    for (int n = 1; n < invocation.inputCount(); n++) {
      if (!invocation.input(n).shape().equals(invocation.input(0).shape())) {
        throw OperandException.invalid(
            "operands have shapes %s and %s; expected one shape",
            invocation.input(0).shape(), invocation.input(n).shape());
      }
    }
  }

  private static void floats(Invocation invocation) {
    checkShapes(invocation);
    Tensor out = invocation.output(0);
    for (long i = 0; i < out.elements(); i++) {
      float sum = 0;
      for (int n = 0; n < invocation.inputCount(); n++) {
        sum += invocation.input(n).getFloat(i);
      }
      out.setFloat(i, sum);
    }
  }

  private static void integers(Invocation invocation) {
    checkShapes(invocation);
    Tensor out = invocation.output(0);
    for (long i = 0; i < out.elements(); i++) {
      int sum = 0;
      for (int n = 0; n < invocation.inputCount(); n++) {
        sum += invocation.input(n).getInt(i);
      }
      out.setInt(i, sum);
    }
  }
}
