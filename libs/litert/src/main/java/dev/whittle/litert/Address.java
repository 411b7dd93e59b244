package dev.whittle.litert;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** A pointer to memory that JavaCPP does not own. */
final class Address extends BytePointer {
  Address(long address, long size) {
    super((Pointer) null);
    this.address = address;
    this.limit = size;
    this.capacity = size;
  }
}
