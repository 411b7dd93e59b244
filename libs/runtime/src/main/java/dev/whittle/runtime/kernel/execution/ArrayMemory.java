package dev.whittle.runtime.kernel.execution;

import java.lang.foreign.MemorySegment;

/**
 * The memory of a session with fast kernels: byte arrays, and float arrays for float tensors. Each
 * float array begins with zeros that are never written: windows read them for padding.
 */
public final class ArrayMemory {
  /** Zeros at the start of each float array. */
  public static final int ZEROS = 4096;

  private ArrayMemory() {}

  /**
   * Memory for tensors.
   *
   * @param bytes at most 2^31 - 1, or 2^33 - 2^15 of floats
   * @throws OutOfMemoryError if there are more, or the heap is too small
   */
  public static MemorySegment allocate(long bytes, boolean floats) {
    long elements = floats ? Math.ceilDiv(bytes, Float.BYTES) + ZEROS : bytes;
    if (elements > Integer.MAX_VALUE) {
      throw new OutOfMemoryError("no array has " + elements + " elements");
    }
    if (!floats) {
      return MemorySegment.ofArray(new byte[(int) elements]);
    }
    return MemorySegment.ofArray(new float[(int) elements])
        .asSlice((long) ZEROS * Float.BYTES, bytes);
  }
}
