package dev.whittle.ir.op.state;

import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.VariableAccess;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The contents of the resource variable whose handle is the operand. */
public record ReadVariable() implements VariableAccess {
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
  public Kind access() {
    return Kind.READ;
  }

  @Override
  public Kernel kernel(Operands operands) {
    Shape expected = operands.output(0).shape();
    return invocation -> {
      Tensor variable = ResourceTable.of(invocation).variable(ResourceTable.handle(invocation));
      if (variable.type() != invocation.output(0).type()) {
        throw OperandException.invalid(
            "the variable has type %s; expected %s", variable.type(), invocation.output(0).type());
      }
      if (!expected.accepts(variable.dims())) {
        throw OperandException.invalid(
            "the variable has shape %s; expected %s, the shape of what the model assigns to it",
            variable.shape(), expected);
      }
      invocation.output(0).copyFrom(variable);
    };
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
