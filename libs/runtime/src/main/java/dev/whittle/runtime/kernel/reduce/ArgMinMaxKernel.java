package dev.whittle.runtime.kernel.reduce;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The index of the maximum or minimum of floats or 8-bit integers along an axis of {@code [outer,
 * length, inner]}; of equal elements, that of the first. Elements are mapped to integers of the
 * same order. These are compared for a block of outputs at once, without branches, which could not
 * be predicted; long rows of adjacent elements are searched one by one.
 */
public final class ArgMinMaxKernel implements Kernel, Workers.Task {
  private static final int MIN_WORK = 1 << 14;

  /** The bits of infinity; those of a NaN, without the sign, are greater. */
  private static final int INFINITE = 0x7f80_0000;

  /** Number of outputs that are computed at once. */
  private static final int BLOCK = 128;

  /** Minimum length of rows of adjacent elements that are searched one by one. */
  private static final int LONG_ROW = 64;

  /** Offset of the maxima so far in the scratch integers, which begin with the present elements. */
  private static final int BEST = BLOCK;

  private static final int PLACES = 2 * BLOCK;

  private final Workers workers;
  private final TensorType type;
  private final int outputs;
  private final int length;
  private final int inner;
  private final int perChunk;

  /**
   * Bits to invert in elements, so that the result is the maximum in the order of signed integers.
   */
  private final int turn;

  private final FloatArray floats = new FloatArray();
  private final ByteArray stored = new ByteArray();
  private MemorySegment output = MemorySegment.NULL;
  private TensorType outputType = TensorType.INT32;

  /**
   * A search.
   *
   * @param least true for the minimum, false for the maximum
   * @param dimensions numbers of elements before, along and after the axis, none of them 0
   */
  public ArgMinMaxKernel(Workers workers, TensorType type, boolean least, int[] dimensions) {
    this.workers = workers;
    this.type = type;
    this.outputs = ArraySize.product(dimensions[0], dimensions[2]);
    this.length = dimensions[1];
    this.inner = dimensions[2];
    this.turn = (least ? -1 : 0) ^ (type == TensorType.UINT8 ? 0x80 : 0);
    this.perChunk = Math.max(1, MIN_WORK / length);
    workers.reserve(0, 0, 3 * BLOCK);
  }

  @Override
  public void run(Invocation invocation) {
    Tensor result = invocation.output(0);
    if (type == TensorType.FLOAT32) {
      floats.bind(invocation.input(0));
    } else {
      stored.bind(invocation.input(0));
    }
    output = result.data();
    outputType = result.type();
    workers.run(this, Math.ceilDiv(outputs, perChunk));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int end = Math.min((chunk + 1) * perChunk, outputs);
    int[] found = scratch.integers();
    int count;
    for (int from = chunk * perChunk; from < end; from += count) {
      count = Math.min(BLOCK, end - from);
      if (inner > 1) {
        count = Math.min(count, inner - from % inner);
      }
      int first = from / inner * length * inner + from % inner;
      if (inner == 1 && length >= LONG_ROW) {
        for (int i = 0; i < count; i++) {
          found[PLACES + i] = row(found, first + i * length);
        }
      } else {
        search(found, first, count);
      }
      store(found, from, count);
    }
  }

  /** Computes some outputs, the first of which has its first element at {@code at}. */
  private void search(int[] found, int at, int count) {
    int apart = inner == 1 ? length : 1;
    Arrays.fill(found, BEST, BEST + count, Integer.MIN_VALUE);
    Arrays.fill(found, PLACES, PLACES + count, 0);
    for (int k = 0; k < length; k++) {
      int from = at + k * inner;
      if (type == TensorType.FLOAT32) {
        bits(floats.array(), floats.offset() + from, apart, count, found);
        order(found, count, turn);
        if (k == 0) {
          keepUnordered(floats.array(), floats.offset() + from, apart, count, found);
        }
      } else {
        order(stored.array(), stored.offset() + from, apart, count, turn, found);
      }
      compare(found, count, k);
    }
  }

  private static void bits(float[] in, int at, int apart, int count, int[] found) {
    // Adding 0 makes -0 a 0. Adjacent elements have a loop of their own, which is vectorized.
    if (apart == 1) {
      for (int i = 0; i < count; i++) {
        found[i] = Float.floatToRawIntBits(in[at + i] + 0f);
      }
    } else {
      for (int i = 0; i < count; i++) {
        found[i] = Float.floatToRawIntBits(in[at + i * apart] + 0f);
      }
    }
  }

  /**
   * Maps the bits of floats without negative zeros to integers of the same order, or of the
   * opposite order if {@code turn} is -1. A NaN becomes the minimum.
   */
  private static void order(int[] found, int count, int turn) {
    for (int i = 0; i < count; i++) {
      int bits = found[i];
      int unordered = (INFINITE - (bits & Integer.MAX_VALUE)) >> 31;
      int ordered = bits ^ (bits >> 31 >>> 1) ^ turn;
      found[i] = (ordered & ~unordered) | (Integer.MIN_VALUE & unordered);
    }
  }

  /** Maps a first element that is a NaN to the maximum: the reference kernel keeps its index. */
  private static void keepUnordered(float[] in, int at, int apart, int count, int[] found) {
    for (int i = 0; i < count; i++) {
      if (Float.isNaN(in[at + i * apart])) {
        found[i] = Integer.MAX_VALUE;
      }
    }
  }

  private static void order(byte[] in, int at, int apart, int count, int turn, int[] found) {
    for (int i = 0; i < count; i++) {
      found[i] = (byte) (in[at + i * apart] ^ turn);
    }
  }

  private static void compare(int[] found, int count, int place) {
    for (int i = 0; i < count; i++) {
      int before = found[BEST + i];
      int now = Math.max(before, found[i]);
      int changed = before ^ now;
      int mask = (changed | (0 - changed)) >> 31;
      found[BEST + i] = now;
      found[PLACES + i] = (found[PLACES + i] & ~mask) | (place & mask);
    }
  }

  private int row(int[] found, int first) {
    return type == TensorType.FLOAT32
        ? place(floats.array(), floats.offset() + first, found)
        : place(stored.array(), stored.offset() + first);
  }

  private int place(float[] in, int at, int[] found) {
    if (Float.isNaN(in[at])) {
      return 0;
    }
    int place = 0;
    int greatest = Integer.MIN_VALUE;
    for (int from = 0; from < length; from += BLOCK) {
      int count = Math.min(BLOCK, length - from);
      bits(in, at + from, 1, count, found);
      order(found, count, turn);
      int most = greatest(found, count);
      if (most > greatest) {
        greatest = most;
        place = from + first(found, most);
      }
    }
    return place;
  }

  private static int greatest(int[] found, int count) {
    int greatest = Integer.MIN_VALUE;
    for (int i = 0; i < count; i++) {
      greatest = Math.max(greatest, found[i]);
    }
    return greatest;
  }

  private static int first(int[] found, int number) {
    int i = 0;
    while (found[i] != number) {
      i++;
    }
    return i;
  }

  private int place(byte[] in, int at) {
    int place = 0;
    int greatest = (byte) (in[at] ^ turn);
    for (int i = 1; i < length; i++) {
      int element = (byte) (in[at + i] ^ turn);
      if (element > greatest) {
        greatest = element;
        place = i;
      }
    }
    return place;
  }

  private void store(int[] found, int from, int count) {
    if (outputType == TensorType.INT32) {
      MemorySegment.copy(found, PLACES, output, Tensor.INT, (long) Integer.BYTES * from, count);
      return;
    }
    for (int i = 0; i < count; i++) {
      output.set(Tensor.LONG, (long) Long.BYTES * (from + i), found[PLACES + i]);
    }
  }
}
