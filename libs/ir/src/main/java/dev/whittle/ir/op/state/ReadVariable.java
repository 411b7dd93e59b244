package dev.whittle.ir.op.state;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The contents of the resource variable whose handle is the operand. */
public record ReadVariable() implements Op {
  public static final OpType<ReadVariable> TYPE =
      OpType.of("READ_VARIABLE", 143, "ReadVariableOptions", 1, 1, options -> new ReadVariable());

  @Override
  public OpType<ReadVariable> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(operands.output(0).type(), Shape.UNKNOWN));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation -> {
      Tensor variable = ResourceTable.of(invocation).variable(invocation.input(0).getInt(0));
      if (variable.type() != invocation.output(0).type()) {
        throw OperandException.invalid(
            "the variable has type %s; expected %s", variable.type(), invocation.output(0).type());
      }
      invocation.output(0).copyFrom(variable);
    };
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
