package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.tensor.Shape;
import java.util.function.IntFunction;

/**
 * An operator whose output is a copy of a {@link StridedView} of operand 0. The view depends only
 * on shapes and on the contents of the other operands. Both engines derive their kernels from it.
 */
public interface StridedViewOp extends Op {
  /**
   * Returns the view for given shapes.
   *
   * @param in the static shape of operand 0
   * @param out the static shape of the output
   * @param contents gives the elements of another operand, by its index
   */
  StridedView view(Shape in, Shape out, IntFunction<long[]> contents);
}
