package dev.whittle.ir.op.state;

import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.VariableAccess;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The assignment of operand 1 to the resource variable whose handle is operand 0. */
public record AssignVariable() implements VariableAccess {
  public static final OpType<AssignVariable> TYPE =
      OpType.of(
          "ASSIGN_VARIABLE", 144, "AssignVariableOptions", 2, 0, options -> new AssignVariable());

  @Override
  public OpType<AssignVariable> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of();
  }

  @Override
  public Kind access() {
    return Kind.ASSIGN;
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation ->
        ResourceTable.of(invocation).assign(ResourceTable.handle(invocation), invocation.input(1));
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
