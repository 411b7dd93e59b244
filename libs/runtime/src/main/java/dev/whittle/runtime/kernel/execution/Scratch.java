package dev.whittle.runtime.kernel.execution;

import dev.whittle.runtime.kernel.simd.AccumulatorBlock;
import dev.whittle.runtime.kernel.simd.BinaryLoop;
import dev.whittle.runtime.kernel.simd.DepthwiseBlock;
import dev.whittle.runtime.kernel.simd.GemmBlock;
import dev.whittle.runtime.kernel.simd.InputRows;
import dev.whittle.runtime.kernel.simd.MicroKernels;

/**
 * The micro-kernels of one thread, their parameters that change from call to call, and buffers that
 * the kernels of a session share. Kernels reserve buffers at planning time, so that runs allocate
 * nothing.
 */
public final class Scratch {
  public final MicroKernels math;

  /** The block of the matrix product that the thread computes. */
  public final GemmBlock gemm = new GemmBlock();

  /** The block of accumulators that the thread converts to outputs. */
  public final AccumulatorBlock accumulators = new AccumulatorBlock();

  /** The block of the depthwise convolution that the thread computes. */
  public final DepthwiseBlock depthwise = new DepthwiseBlock();

  /** The input of that block. */
  public final InputRows inputRows = new InputRows();

  /** The elements that the thread combines. */
  public final BinaryLoop loop = new BinaryLoop();

  private final float[] four = new float[4];
  private float[] input = {};
  private float[] sums = {};
  private int[] integers = {};
  private int[] inputIndices = {};
  private int[] outputIndices = {};
  private byte[] bytes = {};
  private long[] longs = {};
  private short[] shorts = {};

  Scratch(MicroKernels math) {
    this.math = math;
  }

  void reserve(int inputs, int sumCount, int integerCount) {
    if (input.length < inputs) {
      input = new float[inputs];
    }
    if (sums.length < sumCount + MicroKernels.MAX_LANES) {
      sums = new float[sumCount + MicroKernels.MAX_LANES];
    }
    if (integers.length < integerCount) {
      integers = new int[integerCount];
    }
  }

  /** Returns a buffer for a part of the input, as floats. */
  public float[] input() {
    return input;
  }

  /** Returns a buffer for accumulators. */
  public float[] sums() {
    return sums;
  }

  /** Returns a buffer for accumulators of 32 bits. */
  public int[] integers() {
    return integers;
  }

  /** Adds the integer-valued accumulators to those of 32 bits, or replaces these by the first. */
  public void addSums(boolean first, int count) {
    for (int i = 0; i < count; i++) {
      integers[i] = (first ? 0 : integers[i]) + (int) sums[i];
    }
  }

  /** Adds the accumulators of 32 bits to those of 64 bits; those of half 0 count 256 times. */
  public void addHalf(int half, int count) {
    long[] all = longs(count);
    for (int i = 0; i < count; i++) {
      all[i] = half == 0 ? (long) integers[i] << 8 : all[i] + integers[i];
    }
  }

  /** Replaces some accumulators by those of 32 bits, rounded to floats. */
  public void convertIntegers(int first, int count) {
    for (int i = first; i < first + count; i++) {
      sums[i] = integers[i];
    }
  }

  /** Returns a buffer for four floats. */
  public float[] four() {
    return four;
  }

  /** Returns a buffer for {@code count} indices of the input. */
  public int[] inputIndices(int count) {
    if (inputIndices.length < count) {
      inputIndices = new int[count];
    }
    return inputIndices;
  }

  /** Returns a buffer for {@code count} indices of the output. */
  public int[] outputIndices(int count) {
    if (outputIndices.length < count) {
      outputIndices = new int[count];
    }
    return outputIndices;
  }

  /** Returns a buffer for {@code count} integers of 16 bits. */
  public short[] shorts(int count) {
    if (shorts.length < count) {
      shorts = new short[count];
    }
    return shorts;
  }

  /** Returns a buffer for {@code count} integers of 64 bits. */
  public long[] longs(int count) {
    if (longs.length < count) {
      longs = new long[count];
    }
    return longs;
  }

  /** Returns a buffer for {@code count} bytes. */
  public byte[] bytes(int count) {
    if (bytes.length < count) {
      bytes = new byte[count];
    }
    return bytes;
  }
}
