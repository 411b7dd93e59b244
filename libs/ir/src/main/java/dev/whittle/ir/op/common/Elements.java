package dev.whittle.ir.op.common;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/** Moves elements as they are stored, whatever they stand for. */
public final class Elements {
  private Elements() {}

  /**
   * Requires elements of whole bytes.
   *
   * @throws OperandException if the type's elements are smaller, or of no fixed size
   */
  public static void requireMovable(TensorType type) {
    if (type.bits() < 8) {
      throw OperandException.unsupported("no kernel moves single elements of %s", type);
    }
  }

  /** Copies {@code count} adjacent elements from index {@code i} to index {@code j}. */
  public static void copy(Tensor from, long i, Tensor to, long j, long count) {
    long bytes = from.type().bits() / 8;
    MemorySegment.copy(from.data(), i * bytes, to.data(), j * bytes, count * bytes);
  }
}
