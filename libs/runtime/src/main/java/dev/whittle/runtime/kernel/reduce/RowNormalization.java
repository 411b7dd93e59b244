package dev.whittle.runtime.kernel.reduce;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.op.nn.L2Normalization;
import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.BinaryLoop;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;

/** Softmax, logarithmic softmax or L2 normalization of floats along the last axis. */
public final class RowNormalization implements ElementwiseKernel, Workers.Task {
  private enum Kind {
    SOFTMAX,
    LOGARITHMS,
    LENGTH
  }

  private static final int MIN_WORK = 1 << 12;

  private final Workers workers;
  private final Kind kind;
  private final float beta;
  private final int rows;
  private final int length;
  private final int perChunk;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();

  private RowNormalization(Workers workers, Kind kind, float beta, int rows, int length) {
    this.workers = workers;
    this.kind = kind;
    this.beta = beta;
    this.rows = rows;
    this.length = length;
    this.perChunk = Math.max(1, MIN_WORK / Math.max(1, length));
    if (kind != Kind.SOFTMAX) {
      workers.reserve(length, 0, 0);
    }
  }

  public static RowNormalization softmax(Workers workers, float beta, int rows, int length) {
    return new RowNormalization(workers, Kind.SOFTMAX, beta, rows, length);
  }

  public static RowNormalization logSoftmax(Workers workers, int rows, int length) {
    return new RowNormalization(workers, Kind.LOGARITHMS, 1, rows, length);
  }

  /** Returns a kernel that divides rows by their L2 norms. */
  public static RowNormalization l2(Workers workers, int rows, int length) {
    return new RowNormalization(workers, Kind.LENGTH, 1, rows, length);
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    output.bindOutput(invocation.output(0));
    if (length > 0) {
      workers.run(this, Math.ceilDiv(rows, perChunk));
    }
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    float[] in = input.array();
    float[] out = output.array();
    int end = Math.min((chunk + 1) * perChunk, rows);
    for (int row = chunk * perChunk; row < end; row++) {
      int at = input.offset() + row * length;
      int to = output.offset() + row * length;
      switch (kind) {
        case SOFTMAX -> exponentials(scratch.math, in, at, out, to);
        case LOGARITHMS -> logarithms(scratch, in, at, out, to);
        case LENGTH -> directions(scratch, in, at, out, to);
      }
    }
  }

  private void exponentials(MicroKernels math, float[] in, int at, float[] out, int to) {
    float greatest = math.maximum(in, at, length);
    math.exponentials(in, at, out, to, length, greatest, beta);
    scale(out, to, 1 / math.sum(out, to, length));
  }

  /**
   * Scales a row. The loop is a method of its own: in its caller, it would trigger the caller's
   * compilation before that of the vector methods it calls, which would then not be inlined.
   */
  private void scale(float[] row, int at, float factor) {
    for (int i = 0; i < length; i++) {
      row[at + i] *= factor;
    }
  }

  private void logarithms(Scratch scratch, float[] in, int at, float[] out, int to) {
    MicroKernels math = scratch.math;
    float greatest = math.maximum(in, at, length);
    math.exponentials(in, at, scratch.input(), 0, length, greatest, 1);
    float logarithm = (float) Math.log(math.sum(scratch.input(), 0, length));
    subtract(in, at, greatest, logarithm, out, to);
  }

  private void subtract(float[] in, int at, float first, float second, float[] out, int to) {
    for (int i = 0; i < length; i++) {
      out[to + i] = in[at + i] - first - second;
    }
  }

  private void directions(Scratch scratch, float[] in, int at, float[] out, int to) {
    MicroKernels math = scratch.math;
    float[] squares = scratch.input();
    math.unary(Unary.SQUARE, in, at, squares, 0, length, 0);
    float root = (float) Math.sqrt(math.sum(squares, 0, length));
    squares[0] = Math.max(root, L2Normalization.MIN_NORM);
    BinaryLoop loop = scratch.loop.left(at, 1).right(0, 0).output(to, length);
    math.binary(Binary.DIV, in, squares, out, loop, Clamp.NONE);
  }
}
