package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.tensor.Shape;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import org.jspecify.annotations.Nullable;

/**
 * The loop over the outputs of a function of two operands, one of which may be broadcast. It is
 * divided into runs of adjacent outputs, in which each operand has stride 1 or 0. A short operand
 * that repeats is repeated in a buffer, as a pattern, so that runs are long.
 */
public final class BroadcastLoop {
  /** Minimum length to which a pattern is repeated. */
  private static final int MIN_RUN = 512;

  private static final int MAX_RUNS = 1 << 20;

  /** A function that computes part of a run. */
  @FunctionalInterface
  interface Part {
    /**
     * Computes {@code count} adjacent elements of the output from {@code to} on.
     *
     * @param a first element of the left operand, or of the pattern
     * @param aStep stride of the left operand: 1, or 0 if one element is used for all outputs
     */
    void compute(Scratch scratch, int a, int aStep, int b, int bStep, int to, int count);
  }

  /** First element of the left operand in each run. */
  private int[] left = {0};

  private int[] right = {0};
  private int leftStep = 1;
  private int rightStep = 1;
  private int run;
  private int count;
  private int period;
  private boolean patternIsRight;

  private BroadcastLoop() {}

  /** Returns the loop for operands of static shapes, or null if it has too many runs. */
  public static @Nullable BroadcastLoop of(Shape a, Shape b, Shape out) {
    int[] dims = out.toArray();
    int rank = dims.length;
    long[] aStrides = strides(a, rank);
    long[] bStrides = strides(b, rank);
    int repeated = repetition(a, b, out);
    if (repeated != 0) {
      var runs = new BroadcastLoop();
      runs.run = Math.toIntExact(out.elements());
      runs.count = runs.run;
      runs.period = Math.abs(repeated);
      runs.patternIsRight = repeated > 0;
      return runs;
    }
    // Axes are merged, from the last on, while the strides of both operands allow it.
    int axis = rank - 1;
    while (axis >= 0 && dims[axis] == 1) {
      axis--;
    }
    var layout = new BroadcastLoop();
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
    long number = layout.run == 0 ? 0 : layout.count / layout.run;
    if (number > MAX_RUNS) {
      return null;
    }
    layout.left = starts(dims, aStrides, Math.max(0, axis + 1), (int) number);
    layout.right = starts(dims, bStrides, Math.max(0, axis + 1), (int) number);
    return layout;
  }

  /**
   * Returns the length of the pattern if one operand repeats while the other has the shape of the
   * output; negative if that is the first operand. Returns 0 if none repeats, or if runs are long
   * without a pattern.
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

  /** Returns whether a shape equals the last axes of another one, apart from leading ones. */
  static boolean isSuffix(Shape part, Shape whole) {
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

  /** Returns the first element of each run; runs are numbered along the first {@code axes} axes. */
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

  /** Returns the number of outputs. */
  int count() {
    return count;
  }

  /** Returns the length of the operand that repeats; 0 if there is none. */
  int period() {
    return period;
  }

  /** Returns the length of the buffer in which the pattern is repeated. */
  int patternSize() {
    return period == 0 ? 0 : Math.ceilDiv(MIN_RUN, period) * period;
  }

  /** Returns whether the left operand is the pattern. */
  boolean leftIsPattern() {
    return period > 0 && !patternIsRight;
  }

  /** Returns whether the right operand is the pattern. */
  boolean rightIsPattern() {
    return period > 0 && patternIsRight;
  }

  int chunks() {
    return left.length == 1 ? Workers.chunks(count) : Math.ceilDiv(left.length, runsPerChunk());
  }

  private int runsPerChunk() {
    return Math.max(1, Workers.CHUNK / run);
  }

  /** Computes a chunk. */
  void compute(int chunk, Scratch scratch, Part part) {
    if (period > 0) {
      int first = Workers.first(chunk);
      int end = first + Workers.length(chunk, count);
      for (int from = first; from < end; ) {
        // Chunks may begin within a period.
        int phase = from % period;
        int elements = Math.min(end - from, patternSize() - phase);
        int a = patternIsRight ? from : phase;
        int b = patternIsRight ? phase : from;
        part.compute(scratch, a, 1, b, 1, from, elements);
        from += elements;
      }
    } else if (left.length == 1) {
      int from = Workers.first(chunk);
      part.compute(
          scratch,
          left[0] + from * leftStep,
          leftStep,
          right[0] + from * rightStep,
          rightStep,
          from,
          Workers.length(chunk, count));
    } else {
      int perChunk = runsPerChunk();
      int end = Math.min((chunk + 1) * perChunk, left.length);
      for (int i = chunk * perChunk; i < end; i++) {
        part.compute(scratch, left[i], leftStep, right[i], rightStep, i * run, run);
      }
    }
  }
}
