package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The elements of a 8-bit tensor as part of an array: the tensor's own memory where a session keeps
 * it in an array, a copy of constants that lie elsewhere.
 */
final class ByteArray {
  private @Nullable MemorySegment bound;
  private byte[] array = {};
  private int offset;

  /** Follows the tensor to where it is now; returns whether it has moved. */
  boolean bind(Tensor tensor) {
    MemorySegment data = tensor.data();
    if (data.equals(bound)) {
      return false;
    }
    bound = data;
    Object base = data.heapBase().orElse(null);
    if (base instanceof byte[] bytes) {
      array = bytes;
      offset = Math.toIntExact(data.address());
    } else {
      array = data.toArray(Tensor.BYTE);
      offset = 0;
    }
    return true;
  }

  /** As {@link #bind}, for a tensor that is to be written: it must be in an array. */
  boolean bindOutput(Tensor tensor) {
    boolean moved = bind(tensor);
    if (moved && !(tensor.data().heapBase().orElse(null) instanceof byte[])) {
      throw new IllegalStateException("an output is not in an array");
    }
    return moved;
  }

  @SuppressWarnings("MutableArrayReturn")
  byte[] array() {
    return array;
  }

  /** Where element 0 is. */
  int offset() {
    return offset;
  }
}
