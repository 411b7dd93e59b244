package dev.whittle.runtime.kernel.execution;

import java.lang.foreign.MemorySegment;

/**
 * Memory of a session with fast kernels: arrays, float arrays for float tensors. Each float array
 * begins with zeros that nothing writes: windows read them beyond the border of a picture.
 */
public final class ArrayMemory {
  /** Zeros at the start of each float array. */
  public static final int ZEROS = 4096;

  private ArrayMemory() {}

  /**
   * Memory for tensors.
   *
   * @param bytes below 2^31 bytes, or 2^33 of floats
   * @throws OutOfMemoryError if the heap is too small
   */
  public static MemorySegment allocate(long bytes, boolean floats) {
    if (!floats) {
      return MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]);
    }
    int count = Math.toIntExact(Math.ceilDiv(bytes, Float.BYTES) + ZEROS);
    return MemorySegment.ofArray(new float[count]).asSlice((long) ZEROS * Float.BYTES, bytes);
  }
}
