package dev.whittle.runtime.kernel.execution;

import dev.whittle.runtime.kernel.simd.AccumulatorBlock;
import dev.whittle.runtime.kernel.simd.GemmBlock;
import dev.whittle.runtime.kernel.simd.MicroKernels;

/**
 * What one thread computes with: its micro-kernels, and arrays that the kernels of a session use in
 * turn. Kernels say at planning time how much they need, so that runs allocate nothing.
 */
public final class Scratch {
  public final MicroKernels math;

  /** The block of the matrix product that the thread computes. */
  public final GemmBlock gemm = new GemmBlock();

  /** The block of accumulators that the thread converts to outputs. */
  public final AccumulatorBlock accumulators = new AccumulatorBlock();

  private final float[] four = new float[4];
  private float[] input = {};
  private float[] sums = {};
  private int[] integers = {};
  private int[] rows = {};
  private int[] steps = {};
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

  /** Room for a part of the input, as floats. */
  public float[] input() {
    return input;
  }

  /** Room for sums of products. */
  public float[] sums() {
    return sums;
  }

  public int[] integers() {
    return integers;
  }

  /** Adds whole sums of a part to the integers; those of the first part replace what was there. */
  public void addSums(boolean first, int count) {
    for (int i = 0; i < count; i++) {
      integers[i] = (first ? 0 : integers[i]) + (int) sums[i];
    }
  }

  /** Adds the integers to those of 64 bits: those of the first half count 256 times. */
  public void addHalf(int half, int count) {
    long[] all = longs(count);
    for (int i = 0; i < count; i++) {
      all[i] = half == 0 ? (long) integers[i] << 8 : all[i] + integers[i];
    }
  }

  /** Replaces some sums by the integers, rounded to floats. */
  public void convertIntegers(int first, int count) {
    for (int i = first; i < first + count; i++) {
      sums[i] = integers[i];
    }
  }

  /** Room for four floats. */
  public float[] four() {
    return four;
  }

  /** Room for the places of {@code count} rows. */
  public int[] rows(int count) {
    if (rows.length < count) {
      rows = new int[count];
    }
    return rows;
  }

  /** Room for the distances within {@code count} rows. */
  public int[] steps(int count) {
    if (steps.length < count) {
      steps = new int[count];
    }
    return steps;
  }

  /** Room for {@code count} integers of 16 bits. */
  public short[] shorts(int count) {
    if (shorts.length < count) {
      shorts = new short[count];
    }
    return shorts;
  }

  /** Room for {@code count} integers of 64 bits. */
  public long[] longs(int count) {
    if (longs.length < count) {
      longs = new long[count];
    }
    return longs;
  }

  /** Room for {@code count} bytes. */
  public byte[] bytes(int count) {
    if (bytes.length < count) {
      bytes = new byte[count];
    }
    return bytes;
  }
}
