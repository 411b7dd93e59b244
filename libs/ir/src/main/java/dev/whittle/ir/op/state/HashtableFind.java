package dev.whittle.ir.op.state;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The values of the keys in operand 1 in a hash table. The value of a missing key is operand 2. */
public record HashtableFind() implements Op {
  public static final OpType<HashtableFind> TYPE =
      OpType.of(
          "HASHTABLE_FIND", 137, "HashtableFindOptions", 3, 1, options -> new HashtableFind());

  @Override
  public OpType<HashtableFind> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(operands.type(2), operands.shape(1)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation ->
        ResourceTable.of(invocation)
            .find(
                ResourceTable.handle(invocation),
                invocation.input(1),
                invocation.input(2),
                invocation.output(0));
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
