package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.op.QuantizedSum;

/** The sum or difference of 8-bit numbers of equal extents, bit for bit as the reference kernel. */
final class ByteSum implements ElementwiseKernel, Workers.Task {
  private final Workers workers;
  private final int[] left = new int[256];
  private final int[] right = new int[256];
  private final QuantizedSum sum;
  private final ByteArray a = new ByteArray();
  private final ByteArray b = new ByteArray();
  private final ByteArray output = new ByteArray();
  private int count;

  ByteSum(Workers workers, QuantizedSum sum, boolean unsigned) {
    this.workers = workers;
    this.sum = sum;
    for (int i = 0; i < 256; i++) {
      int stored = unsigned ? i : (byte) i;
      left[i] = sum.left(stored);
      right[i] = sum.right(stored);
    }
  }

  @Override
  public void run(Invocation invocation) {
    a.bind(invocation.input(0));
    b.bind(invocation.input(1));
    output.bindOutput(invocation.output(0));
    count = Math.toIntExact(invocation.output(0).elements());
    workers.run(this, Workers.chunks(count));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int from = Workers.first(chunk);
    int part = Workers.length(chunk, count);
    byte[] x = a.array();
    byte[] y = b.array();
    byte[] out = output.array();
    int xAt = a.offset() + from;
    int yAt = b.offset() + from;
    int to = output.offset() + from;
    for (int i = 0; i < part; i++) {
      out[to + i] = (byte) sum.result(left[x[xAt + i] & 0xff] + right[y[yAt + i] & 0xff]);
    }
  }
}
