package dev.whittle.runtime.plan;

import dev.whittle.ir.UnsupportedModelException;
import dev.whittle.ir.Value;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/** The limit on the memory of a session's tensors, in bytes. */
public final class MemoryLimit {
  /** The alignment of tensors in bytes: that of cache lines and of the widest vectors. */
  public static final int ALIGNMENT = 64;

  private final long limit;
  private final Backend backend;
  private long used;

  MemoryLimit(long limit, Backend backend) {
    this.limit = limit;
    this.backend = backend;
  }

  /**
   * Returns the exception for a model whose declared sizes ask for more memory than there is.
   *
   * @param where the node or tensor that the memory is for
   * @param needs the memory, for the message
   */
  static UnsupportedModelException exhausted(String where, String needs, OutOfMemoryError cause) {
    return new UnsupportedModelException(
        where,
        "needs " + needs + ", more than the virtual machine has",
        "give it a larger heap (-Xmx), or use the engine 'reference'",
        cause);
  }

  /** Opens an account for memory that is released together. */
  Account open() {
    return new Account();
  }

  /** The memory that one plan takes of the limit. */
  final class Account {
    private long taken;
    private boolean released;

    private Account() {}

    /**
     * Allocates memory for tensors.
     *
     * @param floats whether they are float tensors
     * @param what the tensors, for messages
     * @throws UnsupportedModelException if the limit or the machine's memory would be exceeded
     */
    MemorySegment allocate(long bytes, boolean floats, String what) {
      if (bytes > limit - used) {
        throw new UnsupportedModelException(
            what,
            "needs %,d bytes of memory in addition to the %,d in use; the limit is %,d"
                .formatted(bytes, used, limit),
            "raise the limit (maxMemory, --max_memory) if the machine has it");
      }
      MemorySegment memory;
      try {
        memory = backend.allocate(bytes, floats);
      } catch (OutOfMemoryError e) {
        throw exhausted(what, "%,d bytes of memory".formatted(bytes), e);
      }
      take(bytes);
      return memory;
    }

    private void take(long bytes) {
      if (released) {
        // A tensor that outlives its plan is not counted any longer.
        return;
      }
      used += bytes;
      taken += bytes;
    }

    /** Releases all memory of the account. */
    void release() {
      used -= taken;
      taken = 0;
      released = true;
    }

    /** Returns a tensor of zeros of a fixed shape. */
    Tensor constant(Value value, Shape shape) {
      var tensor =
          new Tensor(
              value.type(),
              value.quantization(),
              bytes -> allocate(bytes, isFloat(value), "constant '" + value.name() + "'"));
      tensor.resize(shape.toArray());
      tensor.data().fill((byte) 0);
      return tensor;
    }

    private static boolean isFloat(Value value) {
      return value.type() == TensorType.FLOAT32;
    }

    /** Returns an allocator for one tensor, whose former memory is released when it grows. */
    Tensor.Allocator forTensor(Value value) {
      return new Tensor.Allocator() {
        private long held;

        @Override
        public MemorySegment allocate(long bytes) {
          take(-held);
          held = 0;
          // A quarter more, so that a tensor that grows step by step does not allocate every time.
          long rounded = Math.max(ALIGNMENT, Math.ceilDiv(Math.addExact(bytes, bytes >> 2), 4) * 4);
          MemorySegment memory =
              Account.this.allocate(rounded, isFloat(value), "tensor '" + value.name() + "'");
          held = rounded;
          return memory;
        }
      };
    }
  }
}
