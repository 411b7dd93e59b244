package dev.whittle.runtime;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;

/** Chooses the kernel that runs an operator. */
@FunctionalInterface
interface KernelChoice {
  /**
   * The kernel for operands of these types, extents and parameters.
   *
   * @throws dev.whittle.ir.OperandException if there is none
   */
  Kernel kernel(Op op, Operands operands);
}
