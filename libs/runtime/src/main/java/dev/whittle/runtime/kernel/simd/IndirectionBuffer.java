package dev.whittle.runtime.kernel.simd;

import java.util.Arrays;

/**
 * The rows of a GEMM's left operand as offsets into an array: one offset for each tap of each row,
 * where a run of adjacent elements begins. See Dukhan, "The Indirect Convolution Algorithm", 2019.
 */
public final class IndirectionBuffer {
  /** {@code [rows, taps]}. */
  final int[] offsets;

  final int taps;

  /**
   * Creates a buffer on an array, which may change later.
   *
   * @param offsets {@code [rows, taps]}
   */
  public IndirectionBuffer(int[] offsets, int taps) {
    this.offsets = offsets;
    this.taps = taps;
  }

  /** Returns rows of one run each, {@code stride} elements apart. */
  public static IndirectionBuffer ofRows(int rows, int stride) {
    int[] offsets = new int[rows];
    Arrays.setAll(offsets, row -> row * stride);
    return new IndirectionBuffer(offsets, 1);
  }
}
