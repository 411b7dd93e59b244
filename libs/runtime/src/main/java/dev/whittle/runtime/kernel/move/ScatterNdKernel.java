package dev.whittle.runtime.kernel.move;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import java.util.Arrays;

/** SCATTER_ND: adds rows of floats to rows of zeros, at the coordinates that operand 0 holds. */
public final class ScatterNdKernel implements Kernel {
  private final MicroKernels math;
  private final RowIndices indices;
  private final int length;
  private final FloatArray updates = new FloatArray();
  private final FloatArray results = new FloatArray();

  /**
   * A kernel.
   *
   * @param length number of elements of a row
   */
  public ScatterNdKernel(Workers workers, RowIndices indices, int length) {
    this.math = workers.scratch().math;
    this.indices = indices;
    this.length = length;
  }

  @Override
  public void run(Invocation invocation) {
    indices.read(invocation.input(0));
    updates.bind(invocation.input(1));
    results.bindOutput(invocation.output(0));
    int first = results.offset();
    int elements = Math.toIntExact(invocation.output(0).elements());
    Arrays.fill(results.array(), first, first + elements, 0);
    // In the given order, as sums of floats depend on it: an index may occur more than once.
    for (int i = 0; i < indices.count(); i++) {
      int row = first + indices.rows()[i] * length;
      int at = updates.offset() + i * length;
      math.add(results.array(), row, updates.array(), at, length);
    }
  }
}
