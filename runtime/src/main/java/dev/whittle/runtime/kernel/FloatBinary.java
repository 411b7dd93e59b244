package dev.whittle.runtime.kernel;

import dev.whittle.ir.Shape;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.runtime.kernel.MicroKernels.Binary;
import org.jspecify.annotations.Nullable;

/**
 * A function of two floats each, broadcast. The output is walked in runs within which each operand
 * moves by one element or stays.
 */
final class FloatBinary implements ElementwiseKernel, Workers.Task {
  /** Patterns that repeat after fewer elements are written out to this length. */
  private static final int MIN_RUN = 512;

  private static final int MAX_RUNS = 1 << 20;

  private final Workers workers;
  private final Binary function;
  private final float min;
  private final float max;
  private final FloatArray left = new FloatArray();
  private final FloatArray right = new FloatArray();
  private final FloatArray output = new FloatArray();

  /** Where each run of an operand begins. */
  private final int[] leftRuns;

  private final int[] rightRuns;
  private final int leftStep;
  private final int rightStep;
  private final int run;

  /** A short operand that repeats, written out; none where there is no such. */
  private final float[] pattern;

  private final int period;
  private final boolean patternIsRight;
  private final int count;

  private FloatBinary(
      Workers workers,
      Binary function,
      Layout layout,
      int period,
      boolean patternIsRight,
      float min,
      float max) {
    this.workers = workers;
    this.function = function;
    this.min = min;
    this.max = max;
    this.leftRuns = layout.left;
    this.rightRuns = layout.right;
    this.leftStep = layout.leftStep;
    this.rightStep = layout.rightStep;
    this.run = layout.run;
    this.count = layout.count;
    this.period = period;
    this.patternIsRight = patternIsRight;
    this.pattern = new float[period == 0 ? 0 : Math.ceilDiv(MIN_RUN, period) * period];
  }

  /** Where runs begin. */
  private static final class Layout {
    int[] left = {0};
    int[] right = {0};
    int leftStep = 1;
    int rightStep = 1;
    int run;
    int count;
  }

  /** The kernel for operands of static extents. */
  static @Nullable FloatBinary of(
      Workers workers, Binary function, Shape a, Shape b, Shape out, float min, float max) {
    int[] dims = out.toArray();
    int rank = dims.length;
    long[] aStrides = strides(a, rank);
    long[] bStrides = strides(b, rank);
    int repeated = repetition(a, b, out);
    if (repeated != 0) {
      var layout = new Layout();
      layout.run = Math.toIntExact(out.elements());
      layout.count = layout.run;
      return new FloatBinary(workers, function, layout, Math.abs(repeated), repeated > 0, min, max);
    }
    // Axes are joined from the last on as long as both operands move alike.
    int axis = rank - 1;
    while (axis >= 0 && dims[axis] == 1) {
      axis--;
    }
    var layout = new Layout();
    layout.count = Math.toIntExact(out.elements());
    layout.run = axis < 0 ? 1 : dims[axis];
    layout.leftStep = axis < 0 || aStrides[axis] != 0 ? 1 : 0;
    layout.rightStep = axis < 0 || bStrides[axis] != 0 ? 1 : 0;
    for (axis--; axis >= 0; axis--) {
      boolean alike =
          dims[axis] == 1
              || (aStrides[axis] == (long) layout.leftStep * layout.run
                  && bStrides[axis] == (long) layout.rightStep * layout.run);
      if (!alike) {
        break;
      }
      layout.run *= dims[axis];
    }
    long runs = layout.run == 0 ? 0 : layout.count / layout.run;
    if (runs > MAX_RUNS) {
      return null;
    }
    layout.left = starts(dims, aStrides, Math.max(0, axis + 1), (int) runs);
    layout.right = starts(dims, bStrides, Math.max(0, axis + 1), (int) runs);
    return new FloatBinary(workers, function, layout, 0, false, min, max);
  }

  /**
   * The length of the pattern that one operand repeats while the other goes through the output
   * once; negative where the first operand does. 0 if it is not so, or runs are long anyway.
   */
  private static int repetition(Shape a, Shape b, Shape out) {
    if (a.elements() == out.elements() && isSuffix(b, out) && b.elements() < MIN_RUN / 4) {
      return (int) b.elements() == 1 ? 0 : (int) b.elements();
    }
    if (b.elements() == out.elements() && isSuffix(a, out) && a.elements() < MIN_RUN / 4) {
      return (int) a.elements() == 1 ? 0 : -(int) a.elements();
    }
    return 0;
  }

  /** Whether a shape is that of the last axes of another, apart from ones before. */
  private static boolean isSuffix(Shape part, Shape whole) {
    int from = part.rank();
    long elements = 1;
    while (from > 0 && elements < part.elements()) {
      from--;
      elements *= part.dim(from);
      if (part.dim(from) != whole.dim(whole.rank() - part.rank() + from)) {
        return false;
      }
    }
    return true;
  }

  private static long[] strides(Shape shape, int rank) {
    long[] strides = new long[rank];
    long stride = 1;
    for (int i = shape.rank() - 1; i >= 0; i--) {
      strides[rank - shape.rank() + i] = shape.dim(i) == 1 ? 0 : stride;
      stride *= shape.dim(i);
    }
    return strides;
  }

  /** Where runs begin that the first {@code axes} axes number. */
  private static int[] starts(int[] dims, long[] strides, int axes, int runs) {
    int[] starts = new int[runs];
    int[] position = new int[axes];
    long at = 0;
    for (int i = 0; i < runs; i++) {
      starts[i] = Math.toIntExact(at);
      for (int axis = axes - 1; axis >= 0; axis--) {
        at += strides[axis];
        if (++position[axis] < dims[axis]) {
          break;
        }
        at -= strides[axis] * dims[axis];
        position[axis] = 0;
      }
    }
    return starts;
  }

  @Override
  public void run(Invocation invocation) {
    left.bind(invocation.input(0));
    right.bind(invocation.input(1));
    output.bindOutput(invocation.output(0));
    if (count == 0) {
      return;
    }
    if (period > 0) {
      FloatArray repeated = patternIsRight ? right : left;
      for (int i = 0; i < pattern.length; i += period) {
        System.arraycopy(repeated.array(), repeated.offset(), pattern, i, period);
      }
    }
    workers.run(this, leftRuns.length == 1 ? Workers.chunks(count) : runChunks());
  }

  private int runChunks() {
    return Math.ceilDiv(leftRuns.length, runsPerChunk());
  }

  private int runsPerChunk() {
    return Math.max(1, Workers.CHUNK / run);
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    if (period > 0) {
      int first = Workers.first(chunk);
      int end = first + Workers.length(chunk, count);
      for (int from = first; from < end; ) {
        // Chunks may begin within a period.
        int phase = from % period;
        int part = Math.min(end - from, pattern.length - phase);
        apply(scratch, from, phase, part);
        from += part;
      }
    } else if (leftRuns.length == 1) {
      int from = Workers.first(chunk);
      apply(scratch, 0, from, Workers.length(chunk, count));
    } else {
      int perChunk = runsPerChunk();
      int end = Math.min((chunk + 1) * perChunk, leftRuns.length);
      for (int i = chunk * perChunk; i < end; i++) {
        apply(scratch, i, 0, run);
      }
    }
  }

  /** Part of a run, or of the output where an operand is a pattern. */
  private void apply(Scratch scratch, int which, int from, int part) {
    float[] a = left.array();
    float[] b = right.array();
    int aAt;
    int bAt;
    int to;
    if (period > 0) {
      a = patternIsRight ? a : pattern;
      b = patternIsRight ? pattern : b;
      aAt = patternIsRight ? left.offset() + which : from;
      bAt = patternIsRight ? from : right.offset() + which;
      to = output.offset() + which;
    } else {
      aAt = left.offset() + leftRuns[which] + from * leftStep;
      bAt = right.offset() + rightRuns[which] + from * rightStep;
      to = output.offset() + which * run + from;
    }
    scratch.math.binary(
        function, a, aAt, leftStep, b, bAt, rightStep, output.array(), to, part, min, max);
  }
}
