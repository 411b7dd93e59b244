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
 * A built-in operator that the catalog does not have: it can be read, inspected, moved about and
 * written back unchanged, but neither typed nor run.
 *
 * @param code the built-in operator number
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

  /** The outputs as they are declared. */
  @Override
  public List<TypedShape> infer(Operands operands) {
    return operands.declaredOutputs();
  }

  @Override
  public Kernel kernel(Operands operands) {
    throw OperandException.unsupported("operator %s (%d) is not implemented", name, code);
  }

  @Override
  public boolean isPure() {
    return false;
  }
}
