package dev.whittle.ir.op.index;

import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.BroadcastIterator;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;

/** Reference kernels of {@link Select} and {@link SelectV2}. */
final class SelectKernels {
  private SelectKernels() {}

  /**
   * Refuses strings.
   *
   * @throws OperandException if the operands are strings
   */
  static void requireFixedSize(Operands operands) {
    if (!operands.type(1).hasFixedSize()) {
      throw OperandException.unsupported("no kernel for %s", operands.type(1));
    }
  }

  /** Selects with one boolean for all elements, for each row, or for each element. */
  static void rows(Invocation invocation) {
    Tensor condition = invocation.input(0);
    Tensor a = invocation.input(1);
    Tensor b = invocation.input(2);
    Tensor out = invocation.output(0);
    if (a.elements() != b.elements()) {
      throw OperandException.invalid(
          "operands 1 and 2 have shapes %s and %s; expected one shape", a.shape(), b.shape());
    }
    if (out.elements() == 0) {
      return;
    }
    if (condition.elements() == 0 || out.elements() % condition.elements() != 0) {
      throw OperandException.invalid(
          "the condition %s does not fit the output %s", condition.shape(), out.shape());
    }
    long rowLength = out.elements() / condition.elements();
    for (long i = 0; i < condition.elements(); i++) {
      Tensor.copy(condition.getBoolean(i) ? a : b, i * rowLength, out, i * rowLength, rowLength);
    }
  }

  /** Returns the kernel of {@link SelectV2}. */
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
              int operand = chosen ? 1 : 2;
              Tensor source = chosen ? a : b;
              Tensor.copy(source, operands[operand] + k * steps[operand], out, first + k, 1);
            }
          },
          condition,
          a,
          b);
    };
  }
}
