package dev.whittle.ir.op.shape;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Tensor;
import java.util.Arrays;

/**
 * How an operator fills its output, element by element in row-major order: the element at {@code
 * (i, j, ...)} of {@code dimensions} is element {@code offset + i * strides[0] + j * strides[1] +
 * ...} of the operand. There may be more extents than the output has axes, but as many elements.
 */
public final class StridedView {
  private final int[] dimensions;
  private final long[] strides;
  private final long offset;

  StridedView(int[] dimensions, long[] steps, long first) {
    this.dimensions = dimensions.clone();
    this.strides = steps.clone();
    this.offset = first;
  }

  /** How many elements each loop has, the outermost first. */
  public int[] dimensions() {
    return dimensions.clone();
  }

  /** How many elements of the operand each loop moves on, which may be none, or backward. */
  public long[] strides() {
    return strides.clone();
  }

  /** The element of the operand that the output begins with. */
  public long offset() {
    return offset;
  }

  /** The reference kernel of an operator that moves elements. */
  static Kernel kernel(StridedViewOp op) {
    return invocation -> run(op, invocation);
  }

  private static void run(StridedViewOp op, Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    StridedView walk = op.view(in.shape(), out.shape(), i -> invocation.input(i).toLongs());
    walk.forEach((o, i) -> Tensor.copy(in, i, out, o, 1));
  }

  void forEach(Shapes.IndexVisitor visitor) {
    Shapes.forEachIndex(dimensions, strides, offset, visitor);
  }

  @Override
  public String toString() {
    return Arrays.toString(dimensions) + " by " + Arrays.toString(strides) + " from " + offset;
  }
}
