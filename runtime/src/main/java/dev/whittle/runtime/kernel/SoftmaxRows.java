package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;

/** Exponentials of floats, as fractions of their sum along the last axis. */
final class SoftmaxRows implements ElementwiseKernel, Workers.Task {
  private static final int MIN_WORK = 1 << 12;

  private final Workers workers;
  private final float beta;
  private final int rows;
  private final int length;
  private final int perChunk;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();

  SoftmaxRows(Workers workers, float beta, int rows, int length) {
    this.workers = workers;
    this.beta = beta;
    this.rows = rows;
    this.length = length;
    this.perChunk = Math.max(1, MIN_WORK / Math.max(1, length));
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
    MicroKernels math = scratch.math;
    float[] out = output.array();
    int end = Math.min((chunk + 1) * perChunk, rows);
    for (int row = chunk * perChunk; row < end; row++) {
      int at = input.offset() + row * length;
      int to = output.offset() + row * length;
      float greatest = math.maximum(input.array(), at, length);
      math.exponentials(input.array(), at, out, to, length, greatest, beta);
      float factor = 1 / math.sum(out, to, length);
      for (int i = 0; i < length; i++) {
        out[to + i] *= factor;
      }
    }
  }
}
