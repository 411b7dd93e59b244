package dev.whittle.runtime.kernel.reduce;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;

/**
 * The softmax of 8-bit integers along the last axis. Results equal those of the reference kernel:
 * sums are in the elements' order.
 */
public final class Int8Softmax implements ElementwiseKernel, Workers.Task {
  private static final int MIN_WORK = 1 << 12;

  private final Workers workers;

  /** {@code e^(-scale * i)} for each difference i from the maximum. */
  private final float[] exponentials;

  private final float outputScale;
  private final int zeroPoint;
  private final boolean unsigned;
  private final int rows;
  private final int length;
  private final int perChunk;
  private final ByteArray input = new ByteArray();
  private final ByteArray output = new ByteArray();

  public Int8Softmax(
      Workers workers,
      float[] exponentials,
      float outputScale,
      int zeroPoint,
      boolean unsigned,
      int rows,
      int length) {
    this.workers = workers;
    this.exponentials = exponentials;
    this.outputScale = outputScale;
    this.zeroPoint = zeroPoint;
    this.unsigned = unsigned;
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
    int end = Math.min((chunk + 1) * perChunk, rows);
    for (int row = chunk * perChunk; row < end; row++) {
      row(input.offset() + row * length, output.offset() + row * length);
    }
  }

  private void row(int at, int to) {
    byte[] in = input.array();
    byte[] out = output.array();
    // With the sign bit inverted, unsigned integers have the order of signed ones.
    int turn = unsigned ? 0x80 : 0;
    int greatest = Byte.MIN_VALUE;
    for (int i = 0; i < length; i++) {
      greatest = Math.max(greatest, (byte) (in[at + i] ^ turn));
    }
    float sum = 0;
    for (int i = 0; i < length; i++) {
      sum += exponentials[greatest - (byte) (in[at + i] ^ turn)];
    }
    float inverse = 1 / (sum * outputScale);
    int low = unsigned ? 0 : Byte.MIN_VALUE;
    int high = low + 255;
    for (int i = 0; i < length; i++) {
      float probability = exponentials[greatest - (byte) (in[at + i] ^ turn)] * inverse;
      int stored = (int) Math.rint(probability) + zeroPoint;
      out[to + i] = (byte) Math.min(Math.max(stored, low), high);
    }
  }
}
