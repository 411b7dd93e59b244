package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The elements of a float tensor as part of an array: the tensor's own memory where a session keeps
 * it in an array, a copy of constants that lie elsewhere.
 */
final class FloatArray {
  private @Nullable MemorySegment bound;
  private float[] array = {};
  private int offset;

  /** Follows the tensor to where it is now; returns whether it has moved. */
  boolean bind(Tensor tensor) {
    MemorySegment data = tensor.data();
    if (data.equals(bound)) {
      return false;
    }
    bound = data;
    Object base = data.heapBase().orElse(null);
    if (base instanceof float[] floats) {
      array = floats;
      offset = Math.toIntExact(data.address() / Float.BYTES);
    } else {
      array = tensor.toFloats();
      offset = 0;
    }
    return true;
  }

  /** As {@link #bind}, for a tensor that is to be written: it must be in an array. */
  boolean bindOutput(Tensor tensor) {
    boolean moved = bind(tensor);
    if (moved && !(tensor.data().heapBase().orElse(null) instanceof float[])) {
      throw new IllegalStateException("an output is not in an array");
    }
    return moved;
  }

  @SuppressWarnings("MutableArrayReturn")
  float[] array() {
    return array;
  }

  /** Where element 0 is. */
  int offset() {
    return offset;
  }
}
