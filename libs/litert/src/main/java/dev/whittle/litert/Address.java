package dev.whittle.litert;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** Memory that somebody else owns, as the preset's functions take it. */
final class Address extends BytePointer {
  Address(long address, long size) {
    super((Pointer) null);
    this.address = address;
    this.limit = size;
    this.capacity = size;
  }
}
