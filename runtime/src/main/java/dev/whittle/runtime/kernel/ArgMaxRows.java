package dev.whittle.runtime.kernel;

import dev.whittle.ir.TensorType;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.kernel.Tensor;

/**
 * Where along the last axis the greatest of floats or 8-bit numbers is: the first of equal ones.
 */
final class ArgMaxRows implements Kernel, Workers.Task {
  private static final int MIN_WORK = 1 << 14;

  private final Workers workers;
  private final TensorType type;
  private final int rows;
  private final int length;
  private final int perChunk;
  private final FloatArray floats = new FloatArray();
  private final ByteArray stored = new ByteArray();
  private final ByteArray output = new ByteArray();
  private int size;

  ArgMaxRows(Workers workers, TensorType type, int rows, int length) {
    this.workers = workers;
    this.type = type;
    this.rows = rows;
    this.length = length;
    this.perChunk = Math.max(1, MIN_WORK / length);
  }

  @Override
  public void run(Invocation invocation) {
    Tensor result = invocation.output(0);
    if (type == TensorType.FLOAT32) {
      floats.bind(invocation.input(0));
    } else {
      stored.bind(invocation.input(0));
    }
    output.bindOutput(result);
    size = result.type().bits() / 8;
    workers.run(this, Math.ceilDiv(rows, perChunk));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int end = Math.min((chunk + 1) * perChunk, rows);
    for (int row = chunk * perChunk; row < end; row++) {
      int best =
          switch (type) {
            case FLOAT32 -> best(scratch.math, floats.array(), floats.offset() + row * length);
            case UINT8 -> best(stored.array(), stored.offset() + row * length, 0x80);
            default -> best(stored.array(), stored.offset() + row * length, 0);
          };
      byte[] out = output.array();
      int to = output.offset() + row * size;
      for (int b = 0; b < size; b++) {
        // Places are not negative, so that higher bytes are zero.
        out[to + b] = (byte) (b < Integer.BYTES ? best >> (8 * b) : 0);
      }
    }
  }

  private int best(MicroKernels math, float[] in, int at) {
    // What is not a number is less than nothing, but nothing is greater than it.
    if (Float.isNaN(in[at])) {
      return 0;
    }
    float greatest = math.maximum(in, at, length);
    int best = 0;
    while (in[at + best] != greatest) {
      best++;
    }
    return best;
  }

  private int best(byte[] in, int at, int turn) {
    int best = 0;
    int greatest = (byte) (in[at] ^ turn);
    for (int i = 1; i < length; i++) {
      int element = (byte) (in[at + i] ^ turn);
      if (element > greatest) {
        greatest = element;
        best = i;
      }
    }
    return best;
  }
}
