package dev.whittle.runtime.kernel;

import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * An operand that has the output's extents, or repeats along it, whose elements are copied block by
 * block to arrays that plain loops go through.
 */
final class BlockOperand {
  private final int period;
  private MemorySegment data = MemorySegment.NULL;

  private BlockOperand(int period) {
    this.period = period;
  }

  /** Null where the operand does not repeat as a whole, or has elements of other types. */
  static @Nullable BlockOperand of(TensorType type, Shape shape, Shape output) {
    boolean known =
        type == TensorType.FLOAT32 || type == TensorType.INT32 || type == TensorType.BOOL;
    return known && BroadcastRuns.isSuffix(shape, output)
        ? new BlockOperand(Math.toIntExact(shape.elements()))
        : null;
  }

  void bind(Tensor tensor) {
    data = tensor.data();
  }

  /** Copies what goes with {@code count} elements of the output from {@code from} on. */
  void read(int from, float[] to, int at, int count) {
    copy(Tensor.FLOAT, from, to, at, count);
  }

  /** The same as integers: those of an integer tensor, or the bits of floats. */
  void read(int from, int[] to, int at, int count) {
    copy(Tensor.INT, from, to, at, count);
  }

  /** The same as bytes: those of truth values. */
  void read(int from, byte[] to, int at, int count) {
    copy(Tensor.BYTE, from, to, at, count);
  }

  private void copy(ValueLayout layout, int from, Object to, int at, int count) {
    int done = 0;
    int once = Math.min(count, period);
    while (done < once) {
      int place = (from + done) % period;
      int part = Math.min(once - done, period - place);
      MemorySegment.copy(data, layout, place * layout.byteSize(), to, at + done, part);
      done += part;
    }
    // From here on, what has been copied repeats.
    for (; done < count; done = Math.min(2 * done, count)) {
      System.arraycopy(to, at, to, at + done, Math.min(done, count - done));
    }
  }
}
