package dev.whittle.runtime.kernel.execution;

import dev.whittle.ir.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The elements of a tensor as part of an array: the tensor's own memory if it is an array,
 * otherwise a copy, for constants.
 *
 * @param <A> the type of the arrays
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

  /** Returns a copy of a tensor's elements. */
  abstract A copy(Tensor tensor);

  /** Binds the view to a tensor; returns whether the memory differs from before. */
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

  /**
   * Binds the view to a tensor that is to be written; see {@link #bind}.
   *
   * @throws IllegalStateException if the tensor's memory is not an array of the type
   */
  public final boolean bindOutput(Tensor tensor) {
    boolean moved = bind(tensor);
    if (moved && !type.isInstance(tensor.data().heapBase().orElse(null))) {
      throw new IllegalStateException(
          "the output is not in a %s, but in %s".formatted(type.getSimpleName(), tensor.data()));
    }
    return moved;
  }

  public final A array() {
    return array;
  }

  /** Returns the index of element 0. */
  public final int offset() {
    return offset;
  }
}
