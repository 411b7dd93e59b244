package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.AccumulatorBlock;
import dev.whittle.runtime.kernel.simd.Int8DepthwiseFilter;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.PackedRequantization;

/**
 * The prologue and the epilogue of 8-bit layers, bit-exact with the reference kernels. The input's
 * zero point is not subtracted: its contribution to each column is in the bias, as in gemmlowp.
 */
public final class Int8Epilogue implements QuantizedEpilogue {
  private final ByteArray input = new ByteArray();
  private final ByteArray output = new ByteArray();
  private final PackedRequantization requantization;
  private final int zeroPoint;
  private final boolean unsigned;

  public Int8Epilogue(PackedRequantization requantization, int zeroPoint, boolean unsigned) {
    this.requantization = requantization;
    this.zeroPoint = zeroPoint;
    this.unsigned = unsigned;
  }

  /** Returns a depthwise filter that reads the input in place. */
  public Int8DepthwiseFilter filter(WindowGeometry windows, float[] weights, float[] bias) {
    return new Int8DepthwiseFilter(windows, weights, bias, zeroPoint, unsigned);
  }

  /** Returns the array that the input is bound to. */
  public ByteArray input() {
    return input;
  }

  @Override
  public void begin(Tensor from, Tensor to) {
    input.bind(from);
    output.bindOutput(to);
  }

  @Override
  public void copy(int from, float[] buffer, int to, int count, MicroKernels math) {
    math.widen(input.array(), input.offset() + from, unsigned, buffer, to, count);
  }

  @Override
  public float paddingValue() {
    return zeroPoint;
  }

  @Override
  public int rowsOfOneScale(int row, int count) {
    return count;
  }

  @Override
  public void finish(Scratch scratch, AccumulatorBlock block, boolean integers) {
    byte[] bytes = output.array();
    int origin = output.offset();
    if (integers) {
      requantization.apply(scratch.integers(), block, bytes, origin);
    } else {
      scratch.math.requantize(scratch.sums(), block, requantization, bytes, origin);
    }
  }
}
