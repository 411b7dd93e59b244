package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.op.Int16Requantization;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.simd.AccumulatorBlock;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import java.lang.foreign.MemorySegment;

/**
 * The prologue and the epilogue of 16-bit layers, bit-exact with the reference kernels. An input is
 * split into 256 times one 8-bit integer plus another, so that two GEMMs in single precision, which
 * are exact, give the 64-bit accumulators.
 */
public final class Int16Epilogue implements QuantizedEpilogue {
  private static final int ROUNDING = 1 << 7;

  private final Int16Requantization requantization;
  private final long[] bias;
  private final Im2col.Source low;
  private final ByteArray output = new ByteArray();
  private MemorySegment input = MemorySegment.NULL;
  private MemorySegment results = MemorySegment.NULL;

  /**
   * Creates the epilogue of a layer.
   *
   * @param bias the bias of the accumulators, one element for each column
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
    return (x + ROUNDING) >> 8;
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
  public float paddingValue() {
    return 0;
  }

  @Override
  public int rowsOfOneScale(int row, int count) {
    return count;
  }

  @Override
  public void finish(Scratch scratch, AccumulatorBlock block, boolean integers) {
    int columns = block.columns();
    int column = block.firstColumn();
    long[] sums = scratch.longs(block.offset() + block.rows() * block.stride());
    short[] stored = scratch.shorts(columns);
    for (int row = 0; row < block.rows(); row++) {
      int from = block.offset() + row * block.stride();
      for (int c = 0; c < columns; c++) {
        long sum = sums[from + c] + bias[column + c];
        stored[c] = (short) requantization.apply(sum, column + c);
      }
      long to = output.offset() + 2L * (block.outputOffset() + row * block.outputStride());
      MemorySegment.copy(stored, 0, results, Tensor.SHORT, to, columns);
    }
  }
}
