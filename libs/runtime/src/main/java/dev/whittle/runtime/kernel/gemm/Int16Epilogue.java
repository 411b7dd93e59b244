package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.op.Int16Requantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import java.lang.foreign.MemorySegment;

/**
 * Inputs and outputs of 16 bits, bit for bit as the reference kernels. An input is 256 times one
 * 8-bit number plus another, so that two products in single precision, which are exact, give the
 * 64-bit sums.
 */
public final class Int16Epilogue implements QuantizedEpilogue {
  private static final int HALF = 1 << 7;

  private final Int16Requantization requantization;
  private final long[] bias;
  private final Im2col.Source low;
  private final ByteArray output = new ByteArray();
  private MemorySegment input = MemorySegment.NULL;
  private MemorySegment results = MemorySegment.NULL;

  /**
   * The ends of a 16-bit layer.
   *
   * @param bias what is added to the sums, one for each column
   */
  public Int16Epilogue(Int16Requantization requantization, long[] bias) {
    this.requantization = requantization;
    this.bias = bias;
    this.low = this::copyLow;
  }

  @Override
  public void begin(Tensor from, Tensor to) {
    input = from.data();
    if (output.bindOutput(to)) {
      results = MemorySegment.ofArray(output.array());
    }
  }

  @Override
  public int halves() {
    return 2;
  }

  @Override
  public Im2col.Source source(int half) {
    return half == 0 ? this : low;
  }

  private static int high(int x) {
    return (x + HALF) >> 8;
  }

  @Override
  public void copy(int from, float[] buffer, int to, int count, MicroKernels math) {
    for (int i = 0; i < count; i++) {
      buffer[to + i] = high(input.get(Tensor.SHORT, 2L * (from + i)));
    }
  }

  private void copyLow(int from, float[] buffer, int to, int count, MicroKernels math) {
    for (int i = 0; i < count; i++) {
      int x = input.get(Tensor.SHORT, 2L * (from + i));
      buffer[to + i] = x - (high(x) << 8);
    }
  }

  @Override
  public float beyond() {
    return 0;
  }

  @Override
  public int rowsAlike(int row, int count) {
    return count;
  }

  @Override
  public void finish(
      Scratch scratch,
      boolean whole,
      int at,
      int width,
      int row,
      int rows,
      int column,
      int columns,
      int to,
      int stride) {
    long[] sums = scratch.longs(at + rows * width);
    short[] stored = scratch.shorts(columns);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        long sum = sums[at + r * width + c] + bias[column + c];
        stored[c] = (short) requantization.apply(sum, column + c);
      }
      long place = output.offset() + 2L * (to + r * stride);
      MemorySegment.copy(stored, 0, results, Tensor.SHORT, place, columns);
    }
  }
}
