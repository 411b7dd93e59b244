package dev.whittle.runtime.kernel;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import org.jspecify.annotations.Nullable;

/**
 * A part of the {@link KernelSelector} that chooses fast kernels for some operators. It lists them
 * by name, so that the classes of operators that a model does not have are not loaded.
 */
interface OperatorSelector {
  /**
   * Returns the fast kernel for a node.
   *
   * @param operands operands of static shapes, of which the operator's reference kernel has
   *     accepted the types
   * @return null if this selector has no kernel for the operator or for such operands
   * @throws dev.whittle.runtime.kernel.geometry.ArraySizeException if the kernel would need arrays
   *     larger than Java's
   */
  @Nullable Kernel kernel(Op op, Operands operands);
}
