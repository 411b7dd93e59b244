package dev.whittle.runtime.kernel.execution;

import dev.whittle.ir.tensor.Tensor;

/** The elements of an 8-bit tensor as part of an array. */
public final class ByteArray extends ArrayView<byte[]> {
  public ByteArray() {
    super(byte[].class, Byte.BYTES, new byte[] {});
  }

  @Override
  byte[] copy(Tensor tensor) {
    return tensor.data().toArray(Tensor.BYTE);
  }
}
