package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;

/** A float convolution or dense layer. */
final class FloatProduct extends Product {
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();
  private final float min;
  private final float max;

  FloatProduct(Workers workers, Patches patches, PackedMatrix matrix, float min, float max) {
    super(workers, patches, new PackedMatrix[] {matrix});
    this.min = min;
    this.max = max;
    reserveSlabs();
  }

  @Override
  void begin(Invocation invocation) {
    place(input, invocation.input(0));
    output.bindOutput(invocation.output(0));
  }

  @Override
  float[] pictures() {
    return input.array();
  }

  @Override
  public void copy(int from, float[] slab, int to, int count, MicroKernels math) {
    System.arraycopy(input.array(), input.offset() + from, slab, to, count);
  }

  @Override
  void rows(
      Scratch scratch, float[] in, int first, int count, int row, int firstPanel, int lastPanel) {
    int at = output.offset() + place(row, 0);
    multiply(
        0,
        scratch,
        in,
        first,
        count,
        firstPanel,
        lastPanel,
        output.array(),
        at,
        stride(),
        min,
        max);
  }
}
