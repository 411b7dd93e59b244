package dev.whittle.ir.op.state;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The initialization of a hash table with the keys in operand 1 and the values in operand 2. A
 * table that is not empty remains unchanged.
 */
public record HashtableImport() implements Op {
  public static final OpType<HashtableImport> TYPE =
      OpType.of(
          "HASHTABLE_IMPORT",
          138,
          "HashtableImportOptions",
          3,
          0,
          options -> new HashtableImport());

  @Override
  public OpType<HashtableImport> type() {
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
  public Kernel kernel(Operands operands) {
    return invocation ->
        ResourceTable.of(invocation)
            .fill(ResourceTable.handle(invocation), invocation.input(1), invocation.input(2));
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
