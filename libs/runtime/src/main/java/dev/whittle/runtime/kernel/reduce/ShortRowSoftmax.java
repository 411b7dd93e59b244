package dev.whittle.runtime.kernel.reduce;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;

/**
 * The softmax of many short rows of floats along the last axis. Blocks of rows are transposed, so
 * that the elements of a vector are of different rows.
 */
public final class ShortRowSoftmax implements ElementwiseKernel, Workers.Task {
  private static final int MAX_LENGTH = 64;

  /** Number of rows of a block. */
  private static final int BLOCK = 64;

  private static final int MIN_WORK = 1 << 12;

  private final Workers workers;
  private final float beta;
  private final int rows;
  private final int length;
  private final int perChunk;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();

  public ShortRowSoftmax(Workers workers, float beta, int rows, int length) {
    this.workers = workers;
    this.beta = beta;
    this.rows = rows;
    this.length = length;
    this.perChunk = Math.ceilDiv(MIN_WORK, BLOCK * length) * BLOCK;
    workers.reserve(BLOCK * length, 0, 0);
  }

  /** Returns whether this kernel is faster than one that computes row by row. */
  public static boolean isFaster(int rows, int length) {
    return rows >= BLOCK && length > 0 && length <= MAX_LENGTH;
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    output.bindOutput(invocation.output(0));
    workers.run(this, Math.ceilDiv(rows, perChunk));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int end = Math.min((chunk + 1) * perChunk, rows);
    for (int row = chunk * perChunk; row < end; row += BLOCK) {
      block(scratch, row * length, Math.min(BLOCK, end - row));
    }
  }

  private void block(Scratch scratch, int from, int count) {
    float[] columns = scratch.input();
    transpose(input.array(), input.offset() + from, columns, count);
    scratch.math.softmax(columns, length, count, beta);
    transposeBack(columns, output.array(), output.offset() + from, count);
  }

  private void transpose(float[] in, int at, float[] columns, int count) {
    for (int r = 0; r < count; r++) {
      int row = at + r * length;
      for (int i = 0; i < length; i++) {
        columns[i * count + r] = in[row + i];
      }
    }
  }

  private void transposeBack(float[] columns, float[] out, int to, int count) {
    for (int r = 0; r < count; r++) {
      int row = to + r * length;
      for (int i = 0; i < length; i++) {
        out[row + i] = columns[i * count + r];
      }
    }
  }
}
