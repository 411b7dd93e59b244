package dev.whittle.runtime.kernel.execution;

import dev.whittle.ir.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The elements of a tensor as part of an array: the tensor's own memory where a session keeps it in
 * an array, a copy of constants that lie elsewhere.
 *
 * @param <A> the arrays' type
 */
public abstract class ArrayView<A> {
  private final Class<A> type;
  private final int elementBytes;
  private @Nullable MemorySegment bound;
  private A array;
  private int offset;

  ArrayView(Class<A> type, int elementBytes, A none) {
    this.type = type;
    this.elementBytes = elementBytes;
    this.array = none;
  }

  /** An array of a tensor's elements. */
  abstract A copy(Tensor tensor);

  /** Follows the tensor to where it is now; returns whether it has moved. */
  public final boolean bind(Tensor tensor) {
    MemorySegment data = tensor.data();
    if (data.equals(bound)) {
      return false;
    }
    bound = data;
    Object base = data.heapBase().orElse(null);
    if (type.isInstance(base)) {
      array = type.cast(base);
      offset = Math.toIntExact(data.address() / elementBytes);
    } else {
      array = copy(tensor);
      offset = 0;
    }
    return true;
  }

  /** As {@link #bind}, for a tensor that is to be written: it must be in an array. */
  public final boolean bindOutput(Tensor tensor) {
    boolean moved = bind(tensor);
    if (moved && !type.isInstance(tensor.data().heapBase().orElse(null))) {
      throw new IllegalStateException("an output is not in an array");
    }
    return moved;
  }

  public final A array() {
    return array;
  }

  /** Where element 0 is. */
  public final int offset() {
    return offset;
  }
}
