package dev.whittle.ir.op;

import dev.whittle.ir.Op;
import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TypedShape;
import java.util.List;

/**
 * A built-in operator that is not in {@link OpCatalog}. A graph with it can be read, inspected and
 * written unchanged, but not run.
 *
 * @param name the name in the schema's enumeration of operators
 * @param code the code in the schema's enumeration
 * @param options the attributes
 */
public record OpaqueOp(String name, int code, Options options) implements Op {
  @Override
  public OpType<OpaqueOp> type() {
    return new OpType<>(
        name,
        code,
        options.table(),
        0,
        OpType.MANY,
        0,
        OpType.MANY,
        decoded -> new OpaqueOp(name, code, decoded));
  }

  /** Returns the outputs as declared. */
  @Override
  public List<TypedShape> infer(Operands operands) {
    return operands.declaredOutputs();
  }

  @Override
  public Kernel kernel(Operands operands) {
    throw OperandException.unsupported("no implementation of operator %s (%d)", name, code);
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
