package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.WideRequantization;
import java.lang.foreign.MemorySegment;

/**
 * A convolution or dense layer of 16-bit numbers with 8-bit weights. A 16-bit number is 256 times
 * one 8-bit number plus another, so that two products in single precision, which are exact, give
 * the 64-bit sums.
 */
final class WideProduct implements Kernel, Workers.Task {
  private static final int HALF = 1 << 7;
  private static final float ALL = Float.POSITIVE_INFINITY;

  private final Workers workers;
  private final Patches patches;
  private final PackedMatrix matrix;
  private final long[] bias;
  private final WideRequantization requantization;
  private MemorySegment input = MemorySegment.NULL;
  private MemorySegment output = MemorySegment.NULL;
  private final Patches.Source high = this::copyHigh;
  private final Patches.Source low = this::copyLow;

  WideProduct(
      Workers workers,
      Patches patches,
      PackedMatrix matrix,
      long[] bias,
      WideRequantization requantization) {
    this.workers = workers;
    this.patches = patches;
    this.matrix = matrix;
    this.bias = bias;
    this.requantization = requantization;
    int sums = Math.multiplyExact(patches.rowsPerChunk(), matrix.bias().length);
    workers.reserve(patches.slabSize(), sums, sums);
  }

  @Override
  public void run(Invocation invocation) {
    input = invocation.input(0).data();
    output = invocation.output(0).data();
    if (patches.rows() > 0) {
      workers.run(this, patches.chunks());
    }
  }

  private static int high(int x) {
    return (x + HALF) >> 8;
  }

  private void copyHigh(int from, float[] slab, int to, int count, MicroKernels math) {
    for (int i = 0; i < count; i++) {
      slab[to + i] = high(input.get(Tensor.SHORT, 2L * (from + i)));
    }
  }

  private void copyLow(int from, float[] slab, int to, int count, MicroKernels math) {
    for (int i = 0; i < count; i++) {
      int x = input.get(Tensor.SHORT, 2L * (from + i));
      slab[to + i] = x - (high(x) << 8);
    }
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int rows = patches.rows(chunk);
    int width = matrix.bias().length;
    int columns = matrix.columns();
    float[] sums = scratch.sums();
    int[] highs = scratch.integers();
    multiply(chunk, high, rows, scratch);
    for (int i = 0; i < rows * width; i++) {
      highs[i] = (int) sums[i];
    }
    multiply(chunk, low, rows, scratch);
    long first = (long) patches.firstRow(chunk) * columns;
    for (int row = 0; row < rows; row++) {
      for (int c = 0; c < columns; c++) {
        int at = row * width + c;
        long sum = bias[c] + (((long) highs[at]) << 8) + (int) sums[at];
        long place = first + (long) row * columns + c;
        output.set(Tensor.SHORT, 2 * place, (short) requantization.apply(sum, c));
      }
    }
  }

  private void multiply(int chunk, Patches.Source source, int rows, Scratch scratch) {
    patches.fill(chunk, source, 0, scratch.input(), scratch.math);
    scratch.math.multiply(
        scratch.input(),
        0,
        patches.offsets(),
        0,
        rows,
        patches.taps(),
        patches.run(),
        matrix,
        0,
        matrix.panels(),
        scratch.sums(),
        0,
        matrix.bias().length,
        -ALL,
        ALL);
  }
}
