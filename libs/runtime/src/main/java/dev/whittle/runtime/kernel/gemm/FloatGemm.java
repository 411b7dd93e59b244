package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.PackedMatrix;

/** A float convolution or dense layer. */
public final class FloatGemm extends Gemm {
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();
  private final float min;
  private final float max;

  public FloatGemm(
      Workers workers,
      WeightedLayer layer,
      SubConvolution subConvolution,
      Im2col im2col,
      PackedMatrix matrix,
      float min,
      float max) {
    super(workers, layer, subConvolution, im2col, new PackedMatrix[] {matrix});
    this.min = min;
    this.max = max;
    reserve(0, 0);
  }

  @Override
  void begin(Invocation invocation) {
    bindInput(invocation);
    output.bindOutput(invocation.output(0));
  }

  /** Binds the input alone, for {@link #pixels}. */
  public void bindInput(Invocation invocation) {
    place(input, input(invocation));
  }

  /** Computes some rows and one panel of a pointwise product, as far apart as the panel is wide. */
  public void pixels(Scratch scratch, int panel, int first, int count, float[] to, int at) {
    float[] in = input.array();
    int origin = at - firstColumn(panel);
    int width = panelWidth(panel);
    multiply(0, 0, scratch, in, first, count, panel, panel + 1, to, origin, width, true, min, max);
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
      multiply(
          0,
          0,
          scratch,
          in,
          first + done,
          part,
          firstPanel,
          lastPanel,
          output.array(),
          output.offset() + place(row + done, 0),
          stride(),
          false,
          min,
          max);
      done += part;
    }
  }
}
