package dev.whittle.ir.op.shape;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Elements;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Tensor;
import java.util.Arrays;

/**
 * How an operator fills its output, element by element in row-major order: the element at {@code
 * (i, j, ...)} of {@code dimensions} is element {@code first + i * steps[0] + j * steps[1] + ...}
 * of the operand. There may be more extents than the output has axes, but as many elements.
 */
public final class Walk {
  private final int[] dimensions;
  private final long[] steps;
  private final long first;

  Walk(int[] dimensions, long[] steps, long first) {
    this.dimensions = dimensions.clone();
    this.steps = steps.clone();
    this.first = first;
  }

  /** How many elements each loop has, the outermost first. */
  public int[] dimensions() {
    return dimensions.clone();
  }

  /** How many elements of the operand each loop moves on, which may be none, or backward. */
  public long[] steps() {
    return steps.clone();
  }

  /** The element of the operand that the output begins with. */
  public long first() {
    return first;
  }

  /** The reference kernel of an operator that moves elements. */
  static Kernel kernel(MoveKernels op) {
    return invocation -> run(op, invocation);
  }

  private static void run(MoveKernels op, Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    Walk walk = op.walk(in.shape(), out.shape(), i -> invocation.input(i).toLongs());
    walk.forEach((o, i) -> Elements.copy(in, i, out, o, 1));
  }

  void forEach(Shapes.IndexVisitor visitor) {
    Shapes.forEachIndex(dimensions, steps, first, visitor);
  }

  @Override
  public String toString() {
    return Arrays.toString(dimensions) + " by " + Arrays.toString(steps) + " from " + first;
  }
}
