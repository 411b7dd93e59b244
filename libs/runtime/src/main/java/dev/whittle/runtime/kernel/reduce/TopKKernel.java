package dev.whittle.runtime.kernel.reduce;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.MicroKernels;

/**
 * TOPK_V2: the k largest floats along the last axis, in descending order; equal ones in the order
 * of their indices. It keeps a sorted list of the largest so far and skips blocks whose maximum is
 * not larger than the last of these.
 */
public final class TopKKernel implements Kernel {
  /** Maximum k for which a sorted list is faster than a heap. */
  public static final int MAX_COUNT = 128;

  private static final int BLOCK = 64;

  private final Workers workers;
  private final int rows;
  private final int length;
  private final int k;
  private final FloatArray input = new FloatArray();
  private final FloatArray values = new FloatArray();
  private final int[] places;

  public TopKKernel(Workers workers, int rows, int length, int k) {
    this.workers = workers;
    this.rows = rows;
    this.length = length;
    this.k = k;
    this.places = new int[k];
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    values.bindOutput(invocation.output(0));
    Tensor indices = invocation.output(1);
    for (int row = 0; row < rows; row++) {
      select(input.offset() + row * length, values.offset() + row * k);
      for (int i = 0; i < k; i++) {
        indices.setInteger((long) row * k + i, places[i]);
      }
    }
  }

  private void select(int at, int to) {
    MicroKernels math = workers.scratch().math;
    float[] in = input.array();
    float[] best = values.array();
    int count = 0;
    for (int from = 0; from < length; from += BLOCK) {
      int part = Math.min(BLOCK, length - from);
      if (count == k && !(math.maximum(in, at + from, part) > best[to + k - 1])) {
        continue;
      }
      for (int i = from; i < from + part; i++) {
        float x = in[at + i];
        if (count < k || x > best[to + k - 1]) {
          count = Math.min(k, count + 1);
          insert(x, i, best, to, count);
        }
      }
    }
  }

  private void insert(float x, int place, float[] best, int to, int count) {
    int i = count - 1;
    while (i > 0 && x > best[to + i - 1]) {
      best[to + i] = best[to + i - 1];
      places[i] = places[i - 1];
      i--;
    }
    best[to + i] = x;
    places[i] = place;
  }
}
