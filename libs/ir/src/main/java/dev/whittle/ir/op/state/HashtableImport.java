package dev.whittle.ir.op.state;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** Fills a hash table that is empty with the keys of operand 1 and the values of operand 2. */
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
            .fill(invocation.input(0).getInt(0), invocation.input(1), invocation.input(2));
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
