package dev.whittle.runtime.kernel.execution;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.DirectInvocation;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import java.util.List;

/** Results of an operator's reference kernel that a fast kernel tabulates while it is planned. */
public final class ReferenceTable {
  private ReferenceTable() {}

  /**
   * Runs the reference kernel of an operator.
   *
   * @param operands the types and shapes to ask the kernel for
   * @param output receives the results
   * @return whether the kernel accepts all of the inputs; if not, it reports so when the node runs
   *     and meets them
   */
  public static boolean fill(Op op, Operands operands, List<Tensor> inputs, Tensor output) {
    try {
      op.kernel(operands).run(new DirectInvocation(inputs, List.of(output)));
      return true;
    } catch (OperandException e) {
      return false;
    }
  }
}
