package dev.whittle.runtime.kernel.reduce;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.LongToIntFunction;

/**
 * The reduction of 32-bit integers, 8-bit integers or booleans along adjacent axes, of a tensor
 * {@code [outer, reduced, inner]}. It accumulates in 32 bits, which wrap around.
 */
public final class IntegerReduction implements Kernel, Workers.Task {
  /** Number of elements that are read at once. */
  private static final int BLOCK = 1 << 11;

  /** Maximum number of 8-bit integers whose sum is less than 2^24. */
  private static final int MAX_EXACT = (1 << 24) / 255;

  /** Maximum number of 8-bit integers whose sum is less than 2^31. */
  public static final int MAX_BYTES = 1 << 23;

  private final Workers workers;
  private final FloatReduction.Kind kind;
  private final TensorType type;
  private final LongToIntFunction finish;
  private final int outer;
  private final int reduced;
  private final int inner;

  /** Number of adjacent inner elements that a chunk reduces. */
  private final int columns;

  private final int chunksPerOuter;

  /** True if single precision is exact, so that vector kernels for floats reduce the elements. */
  private final boolean exact;

  private final ByteArray stored = new ByteArray();
  private MemorySegment input = MemorySegment.NULL;
  private MemorySegment output = MemorySegment.NULL;

  /**
   * A reduction.
   *
   * @param kind kind of reduction; for {@code MEAN}, {@code finish} divides the sum
   * @param type type of the input and of the output
   * @param dimensions the outer, reduced and inner dimension
   * @param finish computes an output from the reduced elements
   */
  public IntegerReduction(
      Workers workers,
      FloatReduction.Kind kind,
      TensorType type,
      int[] dimensions,
      LongToIntFunction finish) {
    this.workers = workers;
    this.kind = kind;
    this.type = type;
    this.finish = finish;
    this.outer = dimensions[0];
    this.reduced = dimensions[1];
    this.inner = dimensions[2];
    this.columns = Math.min(inner, BLOCK);
    this.chunksPerOuter = Math.ceilDiv(inner, columns);
    this.exact = type != TensorType.INT32 && kind.binary() != null && reduced <= MAX_EXACT;
    workers.reserve(exact ? BLOCK : 0, 0, 2 * BLOCK);
  }

  @Override
  public void run(Invocation invocation) {
    input = invocation.input(0).data();
    if (exact) {
      stored.bind(invocation.input(0));
    }
    output = invocation.output(0).data();
    workers.run(this, outer * chunksPerOuter, (long) outer * reduced * inner > Workers.CHUNK);
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int o = chunk / chunksPerOuter;
    int first = chunk % chunksPerOuter * columns;
    int count = Math.min(columns, inner - first);
    int[] x = scratch.integers();
    Arrays.fill(x, BLOCK, BLOCK + count, kind.whole());
    // Rows of all inner elements are adjacent, so that many are read at once.
    int rows = count == inner ? Math.max(1, BLOCK / inner) : 1;
    for (int r = 0; r < reduced; r += rows) {
      int part = Math.min(rows, reduced - r);
      if (exact) {
        halve(scratch, (o * reduced + r) * inner + first, part, count);
        combine(x, 0, count);
        continue;
      }
      read(scratch, (o * reduced + r) * inner + first, part * count);
      if (count == 1) {
        x[BLOCK] = line(x, part, x[BLOCK]);
      } else {
        for (int i = 0; i < part; i++) {
          combine(x, i * count, count);
        }
      }
    }
    for (int i = 0; i < count; i++) {
      store(o * inner + first + i, finish.applyAsInt(x[BLOCK + i]));
    }
  }

  /** Reduces rows of bytes to the first integers, halving the number of rows in each step. */
  private void halve(Scratch scratch, int from, int rows, int count) {
    float[] floats = scratch.input();
    boolean unsigned = type != TensorType.INT8;
    scratch.math.widen(stored.array(), stored.offset() + from, unsigned, floats, 0, rows * count);
    Binary combine = Objects.requireNonNull(kind.binary());
    for (int left = rows; left > 1; ) {
      int half = left / 2;
      left -= half;
      scratch.loop.left(0, 1).right(left * count, 1).output(0, half * count);
      scratch.math.binary(combine, floats, floats, floats, scratch.loop, Clamp.NONE);
    }
    int[] x = scratch.integers();
    for (int i = 0; i < count; i++) {
      x[i] = (int) floats[i];
    }
  }

  private void read(Scratch scratch, int from, int count) {
    int[] x = scratch.integers();
    if (type == TensorType.INT32) {
      MemorySegment.copy(input, Tensor.INT, 4L * from, x, 0, count);
      return;
    }
    byte[] bytes = scratch.bytes(BLOCK);
    MemorySegment.copy(input, Tensor.BYTE, from, bytes, 0, count);
    int mask = type == TensorType.INT8 ? -1 : 0xff;
    for (int i = 0; i < count; i++) {
      x[i] = bytes[i] & mask;
    }
  }

  private void store(int place, int result) {
    if (type == TensorType.INT32) {
      output.set(Tensor.INT, 4L * place, result);
    } else {
      output.set(Tensor.BYTE, place, (byte) result);
    }
  }

  /** Reduces the first {@code count} elements and another one. */
  private int line(int[] x, int count, int other) {
    int result = other;
    switch (kind) {
      case SUM, MEAN -> {
        for (int i = 0; i < count; i++) {
          result += x[i];
        }
      }
      case PRODUCT -> {
        for (int i = 0; i < count; i++) {
          result *= x[i];
        }
      }
      case MAXIMUM -> {
        for (int i = 0; i < count; i++) {
          result = Math.max(result, x[i]);
        }
      }
      case MINIMUM -> {
        for (int i = 0; i < count; i++) {
          result = Math.min(result, x[i]);
        }
      }
    }
    return result;
  }

  /** Combines a row with the results for the rows before it, which are from BLOCK on. */
  private void combine(int[] x, int at, int count) {
    switch (kind) {
      case SUM, MEAN -> {
        for (int i = 0; i < count; i++) {
          x[BLOCK + i] += x[at + i];
        }
      }
      case PRODUCT -> {
        for (int i = 0; i < count; i++) {
          x[BLOCK + i] *= x[at + i];
        }
      }
      case MAXIMUM -> {
        for (int i = 0; i < count; i++) {
          x[BLOCK + i] = Math.max(x[BLOCK + i], x[at + i]);
        }
      }
      case MINIMUM -> {
        for (int i = 0; i < count; i++) {
          x[BLOCK + i] = Math.min(x[BLOCK + i], x[at + i]);
        }
      }
    }
  }
}
