package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;
import java.lang.foreign.MemorySegment;

/** A concatenation, as runs of bytes: one of each input in turn, {@code outer} times. */
final class RowCopy implements Kernel {
  private final int outer;
  private final long[] bytes;
  private final long row;

  /**
   * A concatenation.
   *
   * @param bytes of one run of each input
   */
  RowCopy(int outer, long[] bytes) {
    this.outer = outer;
    this.bytes = bytes;
    long sum = 0;
    for (long run : bytes) {
      sum += run;
    }
    this.row = sum;
  }

  @Override
  public void run(Invocation invocation) {
    MemorySegment out = invocation.output(0).data();
    long to = 0;
    for (int n = 0; n < bytes.length; n++) {
      Tensor input = invocation.input(n);
      MemorySegment in = input.data();
      for (int o = 0; o < outer; o++) {
        MemorySegment.copy(in, o * bytes[n], out, to + o * row, bytes[n]);
      }
      to += bytes[n];
    }
  }
}
