package dev.whittle.ir.op.shape;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A strided view of a tensor, which the output of an operator is a copy of: in row-major order, the
 * output element at {@code (i, j, ...)} of {@code dimensions} is element {@code offset + i *
 * strides[0] + j * strides[1] + ...} of the operand. A view may have more dimensions than the
 * output, but has as many elements.
 */
public final class StridedView {
  private final int[] dimensions;
  private final long[] strides;
  private final long offset;

  StridedView(int[] dimensions, long[] strides, long offset) {
    this.dimensions = dimensions.clone();
    this.strides = strides.clone();
    this.offset = offset;
  }

  /** Returns the dimensions, the outermost first. */
  public int[] dimensions() {
    return dimensions.clone();
  }

  /**
   * Returns the stride of each dimension in elements of the operand, which may be 0 or negative.
   */
  public long[] strides() {
    return strides.clone();
  }

  /** Returns the index of the operand's element that is the first one of the output. */
  public long offset() {
    return offset;
  }

  /** Returns the reference kernel of an operator that copies a view. */
  static Kernel kernel(StridedViewOp op) {
    return invocation -> run(op, invocation);
  }

  private static void run(StridedViewOp op, Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    StridedView view = op.view(in.shape(), out.shape(), i -> invocation.input(i).toLongs());
    if (in.type() == TensorType.STRING) {
      List<byte[]> from = in.strings();
      List<byte[]> to = new ArrayList<>();
      view.forEach((o, i) -> to.add(from.get((int) i)));
      out.setStrings(to, out.dims());
      return;
    }
    view.forEach((o, i) -> Tensor.copy(in, i, out, o, 1));
  }

  void forEach(Shapes.IndexVisitor visitor) {
    Shapes.forEachIndex(dimensions, strides, offset, visitor);
  }

  @Override
  public String toString() {
    return Arrays.toString(dimensions) + " by " + Arrays.toString(strides) + " from " + offset;
  }
}
