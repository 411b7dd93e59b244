package dev.whittle.ir.op.type;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.OutputTypes;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * The conversion of a sparse constant to a dense tensor. The interpreter converts sparse constants
 * when it loads them, so the kernel only copies.
 */
public record Densify() implements Op {
  public static final OpType<Densify> TYPE =
      OpType.of("DENSIFY", 124, "DensifyOptions", 1, 1, options -> new Densify());

  @Override
  public OpType<Densify> type() {
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
    return invocation -> invocation.output(0).copyBytesFrom(invocation.input(0));
  }
}
