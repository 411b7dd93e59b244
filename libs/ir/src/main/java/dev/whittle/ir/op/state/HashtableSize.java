package dev.whittle.ir.op.state;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/** The number of keys of a hash table. */
public record HashtableSize() implements Op {
  public static final OpType<HashtableSize> TYPE =
      OpType.of(
          "HASHTABLE_SIZE", 139, "HashtableSizeOptions", 1, 1, options -> new HashtableSize());

  @Override
  public OpType<HashtableSize> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable());
  }

  @Override
  public List<TypedShape> infer(Operands operands) {
    return List.of(new TypedShape(TensorType.INT64, Shape.of(1)));
  }

  @Override
  public Kernel kernel(Operands operands) {
    return invocation ->
        invocation
            .output(0)
            .setInteger(0, ResourceTable.of(invocation).size(ResourceTable.handle(invocation)));
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
