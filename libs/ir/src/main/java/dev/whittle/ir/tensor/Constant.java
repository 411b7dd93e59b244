package dev.whittle.ir.tensor;

import java.lang.foreign.MemorySegment;

/**
 * The bytes of a constant tensor: a read-only slice of the model's file where possible, so that a
 * large model is not copied. Equal when the bytes are equal. Little endian, packed.
 */
public final class Constant {
  private final MemorySegment bytes;

  private Constant(MemorySegment bytes) {
    this.bytes = bytes;
  }

  /** The bytes of {@code segment}, which must not change any more and must stay reachable. */
  public static Constant of(MemorySegment segment) {
    return new Constant(segment.asReadOnly());
  }

  /** A copy of {@code bytes}. */
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

  /** Hashes the size only: contents may be hundreds of megabytes. */
  @Override
  public int hashCode() {
    return Long.hashCode(bytes.byteSize());
  }

  @Override
  public String toString() {
    return bytes.byteSize() + " bytes";
  }
}
