package dev.whittle.runtime.kernel.reduce;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.BinaryLoop;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The sum, mean, product, minimum or maximum of floats along adjacent axes, of a tensor {@code
 * [outer, reduced, inner]}.
 */
public final class FloatReduction implements Kernel, Workers.Task {
  /** A kind of reduction. */
  public enum Kind {
    SUM(0, 0),
    MEAN(0, 0),
    PRODUCT(1, 1),
    MAXIMUM(-Float.MAX_VALUE, Integer.MIN_VALUE),
    MINIMUM(Float.MAX_VALUE, Integer.MAX_VALUE);

    /** Initial value for floats; finite also for extremes, as in the native kernels. */
    private final float initial;

    private final int whole;

    Kind(float initial, int whole) {
      this.initial = initial;
      this.whole = whole;
    }

    /** Returns the function that combines two elements; null for products. */
    @Nullable Binary binary() {
      return switch (this) {
        case SUM, MEAN -> Binary.ADD;
        case MAXIMUM -> Binary.MAXIMUM;
        case MINIMUM -> Binary.MINIMUM;
        case PRODUCT -> null;
      };
    }

    /** Returns the initial value for integers. */
    int whole() {
      return whole;
    }
  }

  private static final int MIN_WORK = 1 << 15;

  private final Workers workers;
  private final Kind kind;
  private final int outer;
  private final int reduced;
  private final int inner;
  private final int perChunk;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();

  private FloatReduction(Workers workers, Kind kind, int outer, int reduced, int inner) {
    this.workers = workers;
    this.kind = kind;
    this.outer = outer;
    this.reduced = reduced;
    this.inner = inner;
    workers.reserve(0, 1, 0);
    this.perChunk = Math.max(1, MIN_WORK / Math.max(1, reduced * inner));
  }

  /** Returns the kernel, or null if the axes are not adjacent or the input is empty. */
  public static @Nullable FloatReduction of(Workers workers, Kind kind, Shape shape, long[] axes) {
    int[] dimensions = dimensions(shape, axes);
    return dimensions == null
        ? null
        : new FloatReduction(workers, kind, dimensions[0], dimensions[1], dimensions[2]);
  }

  /**
   * Returns the numbers of elements before, along and after the reduced axes, or null if these are
   * not adjacent or the input is empty.
   */
  public static int @Nullable [] dimensions(Shape shape, long[] axes) {
    boolean[] reduced = new boolean[shape.rank()];
    for (long axis : axes) {
      int place = (int) (axis < 0 ? axis + shape.rank() : axis);
      if (place < 0 || place >= shape.rank()) {
        return null;
      }
      reduced[place] = true;
    }
    int[] dimensions = {1, 1, 1};
    int part = 0;
    for (int i = 0; i < shape.rank(); i++) {
      if (shape.dim(i) == 1) {
        continue;
      }
      if (reduced[i] != (part == 1)) {
        part++;
      }
      if (part > 2) {
        return null;
      }
      dimensions[part] = Math.multiplyExact(dimensions[part], shape.dim(i));
    }
    return shape.elements() == 0 ? null : dimensions;
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    output.bindOutput(invocation.output(0));
    workers.run(this, Math.ceilDiv(outer, perChunk));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int end = Math.min((chunk + 1) * perChunk, outer);
    for (int o = chunk * perChunk; o < end; o++) {
      int at = input.offset() + o * reduced * inner;
      int to = output.offset() + o * inner;
      if (inner == 1) {
        output.array()[to] = row(scratch, at);
      } else {
        columns(scratch, at, to);
      }
    }
  }

  private float row(Scratch scratch, int at) {
    float[] in = input.array();
    MicroKernels math = scratch.math;
    return switch (kind) {
      case SUM -> sum(math, at);
      case MEAN -> sum(math, at) / reduced;
      case PRODUCT -> product(at);
      case MAXIMUM -> Math.max(kind.initial, math.maximum(in, at, reduced));
      case MINIMUM -> {
        float[] least = scratch.four();
        math.extremes(in, at, reduced, least, scratch.sums(), 0);
        yield Float.isNaN(least[0]) ? minimum(at) : Math.min(kind.initial, least[0]);
      }
    };
  }

  /** Returns the least element that is not NaN. */
  private float minimum(int at) {
    float[] in = input.array();
    float min = kind.initial;
    for (int i = at; i < at + reduced; i++) {
      min = in[i] < min ? in[i] : min;
    }
    return min;
  }

  private float sum(MicroKernels math, int at) {
    float[] in = input.array();
    return reduced == 2 ? in[at] + in[at + 1] : math.sum(in, at, reduced);
  }

  /** Multiplies in order: another order could overflow or underflow elsewhere. */
  private float product(int at) {
    float[] in = input.array();
    float product = 1;
    for (int i = at; i < at + reduced; i++) {
      product *= in[i];
    }
    return product;
  }

  private void columns(Scratch scratch, int at, int to) {
    float[] in = input.array();
    float[] out = output.array();
    Arrays.fill(out, to, to + inner, kind.initial);
    for (int r = 0; r < reduced; r++) {
      combine(scratch, in, at + r * inner, out, to);
    }
    if (kind == Kind.MEAN) {
      for (int i = 0; i < inner; i++) {
        out[to + i] /= reduced;
      }
    }
  }

  /** Combines a row with the results for the rows before it. */
  private void combine(Scratch scratch, float[] row, int at, float[] out, int to) {
    MicroKernels math = scratch.math;
    BinaryLoop loop = scratch.loop.left(at, 1).right(to, 1).output(to, inner);
    switch (kind) {
      case SUM, MEAN -> math.add(out, to, row, at, inner);
      case PRODUCT -> math.binary(Binary.MUL, row, out, out, loop, Clamp.NONE);
      case MAXIMUM -> math.binary(Binary.MAXIMUM, row, out, out, loop, Clamp.NONE);
      case MINIMUM -> math.binary(Binary.MINIMUM, row, out, out, loop, Clamp.NONE);
    }
  }
}
