package dev.whittle.ir.op.index;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.BroadcastIterator;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;

/** The reference kernels of {@link Select} and {@link SelectV2}. */
final class SelectKernels {
  private SelectKernels() {}

  /** One truth value for all, for each row, or for each element. */
  static void rows(Invocation invocation) {
    Tensor condition = invocation.input(0);
    Tensor a = invocation.input(1);
    Tensor b = invocation.input(2);
    Tensor out = invocation.output(0);
    if (a.elements() != b.elements()) {
      throw OperandException.invalid("selects from %s and %s", a.shape(), b.shape());
    }
    if (out.elements() == 0) {
      return;
    }
    if (condition.elements() == 0 || out.elements() % condition.elements() != 0) {
      throw OperandException.invalid(
          "the condition %s does not fit %s", condition.shape(), out.shape());
    }
    long run = out.elements() / condition.elements();
    for (long i = 0; i < condition.elements(); i++) {
      Tensor.copy(condition.getBoolean(i) ? a : b, i * run, out, i * run, run);
    }
  }

  static Kernel broadcast() {
    var broadcast = new BroadcastIterator();
    return invocation -> {
      Tensor condition = invocation.input(0);
      Tensor a = invocation.input(1);
      Tensor b = invocation.input(2);
      Tensor out = invocation.output(0);
      broadcast.forEachRow(
          out,
          (first, count, operands, steps) -> {
            for (long k = 0; k < count; k++) {
              boolean chosen = condition.getBoolean(operands[0] + k * steps[0]);
              int which = chosen ? 1 : 2;
              Tensor source = chosen ? a : b;
              Tensor.copy(source, operands[which] + k * steps[which], out, first + k, 1);
            }
          },
          condition,
          a,
          b);
    };
  }
}
