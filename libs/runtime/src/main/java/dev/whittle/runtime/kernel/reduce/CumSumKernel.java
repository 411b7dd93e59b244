package dev.whittle.runtime.kernel.reduce;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import java.util.Arrays;

/** CUMSUM: cumulative sums of floats {@code [outer, length, inner]} along the middle axis. */
public final class CumSumKernel implements Kernel, Workers.Task {
  private static final int MIN_WORK = 1 << 12;

  /** Number of rows that are summed in parallel, as each addition depends on the one before. */
  private static final int ABREAST = 4;

  /** Maximum number of adjacent sums of a chunk. */
  private static final int MAX_WIDTH = 1 << 10;

  private final Workers workers;
  private final Cumsum op;
  private final int outer;
  private final int length;
  private final int inner;

  /** Number of rows of a chunk if their elements are adjacent; else 1. */
  private final int perChunk;

  /** Number of chunks that {@code inner} is divided into. */
  private final int parts;

  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();

  /**
   * A kernel.
   *
   * @param dimensions numbers of elements before, along and after the axis, none of them 0
   */
  public CumSumKernel(Workers workers, Cumsum op, int[] dimensions) {
    this.workers = workers;
    this.op = op;
    this.outer = dimensions[0];
    this.length = dimensions[1];
    this.inner = dimensions[2];
    this.parts = Math.ceilDiv(inner, MAX_WIDTH);
    this.perChunk =
        inner == 1 ? Math.max(1, Math.ceilDiv(MIN_WORK, length * ABREAST)) * ABREAST : 1;
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    output.bindOutput(invocation.output(0));
    workers.run(this, Math.ceilDiv(outer, perChunk) * parts);
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    if (inner > 1) {
      int first = chunk % parts * MAX_WIDTH;
      int at = chunk / parts * length * inner + first;
      columns(scratch, at, Math.min(MAX_WIDTH, inner - first));
      return;
    }
    int end = Math.min((chunk + 1) * perChunk, outer);
    int row = chunk * perChunk;
    for (; row + ABREAST <= end; row += ABREAST) {
      rows(row * length);
    }
    for (; row < end; row++) {
      row(row * length);
    }
  }

  /**
   * Computes sums along an axis that is not the last: each row is the one before plus an input row.
   */
  private void columns(Scratch scratch, int from, int width) {
    MicroKernels math = scratch.math;
    float[] out = output.array();
    int step = op.reverse() ? -inner : inner;
    int first = op.reverse() ? (length - 1) * inner : 0;
    int at = input.offset() + from + first;
    int to = output.offset() + from + first;
    Arrays.fill(out, to, to + width, 0);
    if (!op.exclusive()) {
      math.add(out, to, input.array(), at, width);
      at += step;
    }
    for (int k = 1; k < length; k++) {
      scratch.loop.left(to, 1).right(at, 1).output(to + step, width);
      math.binary(Binary.ADD, out, input.array(), out, scratch.loop, Clamp.NONE);
      at += step;
      to += step;
    }
  }

  private void row(int from) {
    float[] in = input.array();
    float[] out = output.array();
    boolean exclusive = op.exclusive();
    int step = op.reverse() ? -1 : 1;
    int first = from + (op.reverse() ? length - 1 : 0);
    int at = input.offset() + first;
    int to = output.offset() + first;
    float sum = 0;
    for (int k = 0; k < length; k++) {
      float before = sum;
      sum += in[at + k * step];
      out[to + k * step] = exclusive ? before : sum;
    }
  }

  private void rows(int from) {
    float[] in = input.array();
    float[] out = output.array();
    boolean exclusive = op.exclusive();
    int step = op.reverse() ? -1 : 1;
    int first = from + (op.reverse() ? length - 1 : 0);
    float sum0 = 0;
    float sum1 = 0;
    float sum2 = 0;
    float sum3 = 0;
    for (int k = 0; k < length; k++) {
      int at = input.offset() + first + k * step;
      int to = output.offset() + first + k * step;
      float next0 = sum0 + in[at];
      float next1 = sum1 + in[at + length];
      float next2 = sum2 + in[at + 2 * length];
      float next3 = sum3 + in[at + 3 * length];
      out[to] = exclusive ? sum0 : next0;
      out[to + length] = exclusive ? sum1 : next1;
      out[to + 2 * length] = exclusive ? sum2 : next2;
      out[to + 3 * length] = exclusive ? sum3 : next3;
      sum0 = next0;
      sum1 = next1;
      sum2 = next2;
      sum3 = next3;
    }
  }
}
