package dev.whittle.ir.tensor;

import java.lang.foreign.MemorySegment;

/**
 * The bytes of a constant tensor, packed and little endian. If possible they are a read-only slice
 * of the mapped file, so that a large model is not copied. Constants are equal if their bytes are.
 */
public final class Constant {
  private final MemorySegment bytes;

  private Constant(MemorySegment bytes) {
    this.bytes = bytes;
  }

  /** Returns a view of {@code segment}, which must remain unchanged and accessible. */
  public static Constant of(MemorySegment segment) {
    return new Constant(segment.asReadOnly());
  }

  /** Returns a copy of {@code bytes}. */
  public static Constant of(byte[] bytes) {
    return new Constant(MemorySegment.ofArray(bytes.clone()).asReadOnly());
  }

  public MemorySegment bytes() {
    return bytes;
  }

  public long byteSize() {
    return bytes.byteSize();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Constant other
        && bytes.byteSize() == other.bytes.byteSize()
        && bytes.mismatch(other.bytes) == -1;
  }

  /** Returns a hash of the size only, because contents may be hundreds of megabytes. */
  @Override
  public int hashCode() {
    return Long.hashCode(bytes.byteSize());
  }

  @Override
  public String toString() {
    return bytes.byteSize() + " bytes";
  }
}
