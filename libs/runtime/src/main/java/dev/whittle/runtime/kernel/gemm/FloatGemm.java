package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.PackedMatrix;

/** A convolution or dense layer of floats. */
public final class FloatGemm extends Gemm {
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();
  private final Clamp clamp;

  public FloatGemm(
      Workers workers,
      WeightedLayer layer,
      SubConvolution subConvolution,
      Im2col im2col,
      PackedMatrix matrix,
      Clamp clamp) {
    super(workers, layer, subConvolution, im2col, new PackedMatrix[] {matrix});
    this.clamp = clamp;
    reserve(0, 0);
  }

  @Override
  void begin(Invocation invocation) {
    bindInput(invocation);
    output.bindOutput(invocation.output(0));
  }

  /** Binds the input alone, for {@link #pixels}. */
  public void bindInput(Invocation invocation) {
    bind(input, input(invocation));
  }

  /**
   * Computes some rows of one panel of a pointwise convolution.
   *
   * @param to receives {@code [count, panel width]} from index {@code at} on
   */
  public void pixels(Scratch scratch, int panel, int first, int count, float[] to, int at) {
    int origin = at - firstColumn(panel);
    int width = panelWidth(panel);
    scratch.gemm.rows(first, count).panels(panel, panel + 1).paddedOutput(origin, width);
    multiply(scratch, 0, 0, input.array(), to, clamp);
  }

  @Override
  float[] images() {
    return input.array();
  }

  @Override
  public void copy(int from, float[] buffer, int to, int count, MicroKernels math) {
    System.arraycopy(input.array(), input.offset() + from, buffer, to, count);
  }

  @Override
  void rows(
      Scratch scratch, float[] in, int first, int count, int row, int firstPanel, int lastPanel) {
    for (int done = 0; done < count; ) {
      int part = adjacentRows(row + done, count - done);
      int at = output.offset() + outputIndex(row + done, 0);
      scratch.gemm.rows(first + done, part).panels(firstPanel, lastPanel).output(at, stride());
      multiply(scratch, 0, 0, in, output.array(), clamp);
      done += part;
    }
  }
}
