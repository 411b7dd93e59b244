package dev.whittle.runtime;

import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Counts the bytes that a session's activations take, and refuses to pass a limit. */
final class MemoryLimit {
  /** Cache lines and the widest vectors start at multiples of this. */
  static final int ALIGNMENT = 64;

  private final long limit;
  private long used;

  MemoryLimit(long limit) {
    this.limit = limit;
  }

  MemorySegment allocate(long bytes, String what) {
    if (bytes > limit - used) {
      throw new UnsupportedModelException(
          what,
          "needs %,d bytes of memory beside the %,d in use; the limit is %,d"
              .formatted(bytes, used, limit),
          "raise the limit (maxMemory, --max_memory) if the machine has it");
    }
    used += bytes;
    return Arena.ofAuto().allocate(bytes, ALIGNMENT);
  }

  void release(long bytes) {
    used -= bytes;
  }

  /** An allocator for one tensor, which gives back what the tensor had when it grows. */
  Tensor.Allocator forTensor(String name) {
    return new Tensor.Allocator() {
      private long held;

      @Override
      public MemorySegment allocate(long bytes) {
        release(held);
        held = 0;
        // Tensors that grow step by step would otherwise allocate at every step.
        long rounded = Math.max(ALIGNMENT, Math.addExact(bytes, bytes >> 2));
        MemorySegment memory = MemoryLimit.this.allocate(rounded, "tensor '" + name + "'");
        held = rounded;
        return memory;
      }
    };
  }
}
