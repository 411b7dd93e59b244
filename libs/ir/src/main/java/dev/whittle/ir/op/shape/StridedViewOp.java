package dev.whittle.ir.op.shape;

import dev.whittle.ir.Op;
import dev.whittle.ir.tensor.Shape;
import java.util.function.IntFunction;

/**
 * An operator each element of whose output is an element of operand 0, whatever that stands for.
 * Where it is depends on the extents and on the other operands' contents alone.
 */
public interface StridedViewOp extends Op {
  /**
   * Where the elements come from.
   *
   * @param in extents of operand 0
   * @param out extents of the output, as inferred
   * @param contents the elements of another operand, all whole numbers
   */
  StridedView view(Shape in, Shape out, IntFunction<long[]> contents);
}
