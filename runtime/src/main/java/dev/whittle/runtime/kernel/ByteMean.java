package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.QuantizedMean;
import java.util.Arrays;

/** The mean of 8-bit numbers {@code [outer, reduced, inner]} along the middle axis. */
final class ByteMean implements Kernel {
  /** So many 8-bit numbers add up exactly in single precision. */
  static final int MAX_REDUCED = 1 << 16;

  private final Workers workers;
  private final QuantizedMean mean;
  private final boolean unsigned;
  private final int outer;
  private final int reduced;
  private final int inner;
  private final ByteArray input = new ByteArray();
  private final ByteArray output = new ByteArray();

  ByteMean(Workers workers, QuantizedMean mean, boolean unsigned, int[] extents) {
    this.workers = workers;
    this.mean = mean;
    this.unsigned = unsigned;
    this.outer = extents[0];
    this.reduced = extents[1];
    this.inner = extents[2];
    workers.reserve(inner, inner, 0);
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    output.bindOutput(invocation.output(0));
    Scratch scratch = workers.scratch();
    float[] row = scratch.input();
    float[] sums = scratch.sums();
    for (int o = 0; o < outer; o++) {
      Arrays.fill(sums, 0, inner, 0);
      for (int i = 0; i < reduced; i++) {
        int at = input.offset() + (o * reduced + i) * inner;
        scratch.math.widen(input.array(), at, unsigned, row, 0, inner);
        scratch.math.add(sums, 0, row, 0, inner);
      }
      for (int i = 0; i < inner; i++) {
        output.array()[output.offset() + o * inner + i] = (byte) mean.apply((long) sums[i]);
      }
    }
  }
}
