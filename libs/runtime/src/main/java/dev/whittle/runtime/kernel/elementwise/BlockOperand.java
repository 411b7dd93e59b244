package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An operand that is broadcast to the shape of the output. Its elements are copied to arrays block
 * by block, so that simple loops compute the outputs.
 */
public final class BlockOperand {
  /** Number of elements after which the whole operand repeats; 0 if it repeats in another way. */
  private final int period;

  /** Number of iterations of the loops around a run, the outermost first. */
  private final int[] dimensions;

  private final int[] strides;

  /** Number of adjacent outputs that use adjacent elements, or one and the same. */
  private final int run;

  private final boolean still;
  private MemorySegment data = MemorySegment.NULL;

  private BlockOperand(int period, int[] dimensions, int[] strides, int run, boolean still) {
    this.period = period;
    this.dimensions = dimensions;
    this.strides = strides;
    this.run = run;
    this.still = still;
  }

  /**
   * Returns an operand, or null if its elements are no floats, booleans or integers of 8 to 64
   * bits.
   */
  public static @Nullable BlockOperand of(TensorType type, Shape shape, Shape output) {
    boolean known =
        switch (type) {
          case FLOAT32, INT8, UINT8, INT16, INT32, INT64, BOOL -> true;
          default -> false;
        };
    if (!known || output.elements() == 0 || shape.rank() > output.rank()) {
      return null;
    }
    if (BroadcastLoop.isSuffix(shape, output)) {
      int elements = Math.toIntExact(shape.elements());
      return new BlockOperand(elements, new int[0], new int[0], 1, false);
    }
    return broadcast(shape, output);
  }

  private static @Nullable BlockOperand broadcast(Shape shape, Shape output) {
    int rank = output.rank();
    int[] dimensions = new int[rank];
    int[] strides = new int[rank];
    int loops = 0;
    int stride = 1;
    for (int axis = rank - 1; axis >= 0; axis--) {
      int own = axis - (rank - shape.rank());
      int dimension = own < 0 ? 1 : shape.dim(own);
      int turns = output.dim(axis);
      if (dimension != turns && dimension != 1) {
        return null;
      }
      int step = dimension == 1 ? 0 : stride;
      stride *= dimension;
      if (turns == 1) {
        continue;
      }
      if (loops > 0 && step == strides[loops - 1] * dimensions[loops - 1]) {
        dimensions[loops - 1] *= turns;
      } else {
        dimensions[loops] = turns;
        strides[loops++] = step;
      }
    }
    int[] around = new int[loops - 1];
    int[] steps = new int[loops - 1];
    for (int i = 0; i < around.length; i++) {
      around[i] = dimensions[loops - 1 - i];
      steps[i] = strides[loops - 1 - i];
    }
    return new BlockOperand(0, around, steps, dimensions[0], strides[0] == 0);
  }

  void bind(Tensor tensor) {
    data = tensor.data();
  }

  /** Copies the elements for {@code count} outputs from {@code from} on. */
  void read(int from, float[] to, int at, int count) {
    copy(Tensor.FLOAT, from, to, at, count);
  }

  /** Copies 32-bit integers, or the bits of floats. */
  void read(int from, int[] to, int at, int count) {
    copy(Tensor.INT, from, to, at, count);
  }

  /** Copies 16-bit integers. */
  void read(int from, short[] to, int at, int count) {
    copy(Tensor.SHORT, from, to, at, count);
  }

  /** Copies 64-bit integers. */
  void read(int from, long[] to, int at, int count) {
    copy(Tensor.LONG, from, to, at, count);
  }

  /** Copies booleans or 8-bit integers. */
  void read(int from, byte[] to, int at, int count) {
    copy(Tensor.BYTE, from, to, at, count);
  }

  private void copy(ValueLayout layout, int from, Object to, int at, int count) {
    if (period == 0) {
      copyRuns(layout, from, to, at, count);
      return;
    }
    int done = 0;
    int once = Math.min(count, period);
    while (done < once) {
      int place = (from + done) % period;
      int part = Math.min(once - done, period - place);
      MemorySegment.copy(data, layout, place * layout.byteSize(), to, at + done, part);
      done += part;
    }
    // The rest repeats the elements that have been copied.
    for (; done < count; done = Math.min(2 * done, count)) {
      System.arraycopy(to, at, to, at + done, Math.min(done, count - done));
    }
  }

  private void copyRuns(ValueLayout layout, int from, Object to, int at, int count) {
    for (int done = 0; done < count; ) {
      int inside = (from + done) % run;
      int part = Math.min(count - done, run - inside);
      long place = place((from + done) / run);
      if (still) {
        fill(place, to, at + done, part);
      } else {
        long bytes = (place + inside) * layout.byteSize();
        MemorySegment.copy(data, layout, bytes, to, at + done, part);
      }
      done += part;
    }
  }

  /** Returns the operand's element for the first output of a run. */
  private long place(int number) {
    int rest = number;
    long place = 0;
    for (int i = dimensions.length - 1; i >= 0; i--) {
      place += (long) rest % dimensions[i] * strides[i];
      rest /= dimensions[i];
    }
    return place;
  }

  private void fill(long place, Object to, int at, int count) {
    int end = at + count;
    switch (to) {
      case float[] floats -> Arrays.fill(floats, at, end, data.get(Tensor.FLOAT, 4 * place));
      case int[] integers -> Arrays.fill(integers, at, end, data.get(Tensor.INT, 4 * place));
      case short[] shorts -> Arrays.fill(shorts, at, end, data.get(Tensor.SHORT, 2 * place));
      case long[] longs -> Arrays.fill(longs, at, end, data.get(Tensor.LONG, 8 * place));
      case byte[] bytes -> Arrays.fill(bytes, at, end, data.get(Tensor.BYTE, place));
      default -> throw new IllegalArgumentException("an array of another type");
    }
  }
}
