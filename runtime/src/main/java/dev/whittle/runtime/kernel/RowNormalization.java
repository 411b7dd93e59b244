package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;

/**
 * Floats as fractions of what their exponentials sum up to along the last axis, or as logarithms of
 * that.
 */
final class RowNormalization implements ElementwiseKernel, Workers.Task {
  private static final int MIN_WORK = 1 << 12;

  private final Workers workers;
  private final float beta;
  private final boolean logarithms;
  private final int rows;
  private final int length;
  private final int perChunk;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();

  private RowNormalization(Workers workers, float beta, boolean logarithms, int rows, int length) {
    this.workers = workers;
    this.beta = beta;
    this.logarithms = logarithms;
    this.rows = rows;
    this.length = length;
    this.perChunk = Math.max(1, MIN_WORK / Math.max(1, length));
    if (logarithms) {
      workers.reserve(length, 0, 0);
    }
  }

  static RowNormalization softmax(Workers workers, float beta, int rows, int length) {
    return new RowNormalization(workers, beta, false, rows, length);
  }

  static RowNormalization logSoftmax(Workers workers, int rows, int length) {
    return new RowNormalization(workers, 1, true, rows, length);
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
    float[] in = input.array();
    float[] out = output.array();
    int end = Math.min((chunk + 1) * perChunk, rows);
    for (int row = chunk * perChunk; row < end; row++) {
      int at = input.offset() + row * length;
      int to = output.offset() + row * length;
      float greatest = math.maximum(in, at, length);
      if (logarithms) {
        math.exponentials(in, at, scratch.input(), 0, length, greatest, 1);
        float logarithm = (float) Math.log(math.sum(scratch.input(), 0, length));
        for (int i = 0; i < length; i++) {
          out[to + i] = in[at + i] - greatest - logarithm;
        }
      } else {
        math.exponentials(in, at, out, to, length, greatest, beta);
        float factor = 1 / math.sum(out, to, length);
        for (int i = 0; i < length; i++) {
          out[to + i] *= factor;
        }
      }
    }
  }
}
