package dev.whittle.runtime.kernel;

import dev.whittle.ir.Shape;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import org.jspecify.annotations.Nullable;

/**
 * The sum, mean or greatest of floats along adjacent axes: of a tensor {@code [outer, reduced,
 * inner]}.
 */
final class Reduction implements Kernel, Workers.Task {
  /** What becomes of the elements. */
  enum Kind {
    SUM,
    MEAN,
    MAXIMUM
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

  private Reduction(Workers workers, Kind kind, int outer, int reduced, int inner) {
    this.workers = workers;
    this.kind = kind;
    this.outer = outer;
    this.reduced = reduced;
    this.inner = inner;
    this.perChunk = Math.max(1, MIN_WORK / Math.max(1, reduced * inner));
  }

  /** The kernel; null where the axes are not adjacent, or there is nothing to reduce. */
  static @Nullable Reduction of(Workers workers, Kind kind, Shape shape, long[] axes) {
    int[] extents = extents(shape, axes);
    return extents == null
        ? null
        : new Reduction(workers, kind, extents[0], extents[1], extents[2]);
  }

  /**
   * How many elements are before, along and behind the reduced axes; null where these are not
   * adjacent, or there is nothing to reduce.
   */
  static int @Nullable [] extents(Shape shape, long[] axes) {
    boolean[] reduced = new boolean[shape.rank()];
    for (long axis : axes) {
      int place = (int) (axis < 0 ? axis + shape.rank() : axis);
      if (place < 0 || place >= shape.rank()) {
        return null;
      }
      reduced[place] = true;
    }
    int[] extents = {1, 1, 1};
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
      extents[part] = Math.multiplyExact(extents[part], shape.dim(i));
    }
    return shape.elements() == 0 ? null : extents;
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
        output.array()[to] = row(scratch.math, at);
      } else {
        columns(scratch, at, to);
      }
    }
  }

  private float row(MicroKernels math, int at) {
    float[] in = input.array();
    if (kind == Kind.MAXIMUM) {
      return math.maximum(in, at, reduced);
    }
    float sum = reduced == 2 ? in[at] + in[at + 1] : math.sum(in, at, reduced);
    return kind == Kind.MEAN ? sum / reduced : sum;
  }

  private void columns(Scratch scratch, int at, int to) {
    float[] in = input.array();
    float[] out = output.array();
    System.arraycopy(in, at, out, to, inner);
    for (int r = 1; r < reduced; r++) {
      if (kind == Kind.MAXIMUM) {
        scratch.math.binary(
            MicroKernels.Binary.MAXIMUM,
            out,
            to,
            1,
            in,
            at + r * inner,
            1,
            out,
            to,
            inner,
            Float.NEGATIVE_INFINITY,
            Float.POSITIVE_INFINITY);
      } else {
        scratch.math.add(out, to, in, at + r * inner, inner);
      }
    }
    if (kind == Kind.MEAN) {
      for (int i = 0; i < inner; i++) {
        out[to + i] /= reduced;
      }
    }
  }
}
