package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Tensor;

/** The elements of an 8-bit tensor as part of an array. */
final class ByteArray extends ArrayView<byte[]> {
  ByteArray() {
    super(byte[].class, Byte.BYTES, new byte[] {});
  }

  @Override
  byte[] copy(Tensor tensor) {
    return tensor.data().toArray(Tensor.BYTE);
  }
}
