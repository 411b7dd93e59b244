package dev.whittle.runtime.kernel.reduce;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.nn.LocalResponseNormalization;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.ArraySize;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;
import java.util.Arrays;

/**
 * Local response normalization of floats: each is divided by a power of a constant plus the scaled
 * sum of the squares of neighboring channels. The squares of a block of pixels are stored with
 * zeros between pixels, so that sums over neighbors are sums of shifted copies of the block.
 */
public final class LocalResponseNormalizationKernel implements Kernel, Workers.Task {
  /** Number of squares of a block: they and their sums stay in the first-level cache. */
  private static final int BLOCK = 1 << 11;

  private final Workers workers;
  private final LocalResponseNormalization op;
  private final int rows;
  private final int channels;
  private final int perChunk;

  /** Distance of the farthest neighbor, at most {@code channels - 1}. */
  private final int radius;

  private final boolean byRoots;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();

  /**
   * A normalization.
   *
   * @param op an operator whose radius is 0 or more
   */
  public LocalResponseNormalizationKernel(
      Workers workers, LocalResponseNormalization op, int rows, int channels) {
    this.workers = workers;
    this.op = op;
    this.rows = rows;
    this.channels = channels;
    this.radius = Math.min(op.radius(), Math.max(0, channels - 1));
    this.byRoots =
        (op.beta() == 0.5f || op.beta() == 0.75f || op.beta() == 1)
            && op.bias() > 0
            && op.alpha() >= 0;
    int apart = ArraySize.sum(channels, radius);
    this.perChunk = Math.max(1, BLOCK / Math.max(1, apart));
    int squares = ArraySize.sum(ArraySize.product(perChunk, apart), radius);
    workers.reserve(squares, squares, 0);
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    output.bindOutput(invocation.output(0));
    workers.run(this, Math.ceilDiv(rows, perChunk));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int first = chunk * perChunk * channels;
    int count = Math.min(perChunk, rows - chunk * perChunk);
    int apart = channels + radius;
    float[] sums = scratch.sums();
    sums(scratch, input.offset() + first, count);
    if (byRoots) {
      divisors(sums, count * apart - radius);
    }
    for (int row = 0; row < count; row++) {
      int at = input.offset() + first + row * channels;
      int to = output.offset() + first + row * channels;
      if (byRoots) {
        scratch.loop.left(at, 1).right(row * apart, 1).output(to, channels);
        scratch.math.binary(
            Binary.DIV, input.array(), sums, output.array(), scratch.loop, Clamp.NONE);
      } else {
        powers(sums, row * apart, at, to);
      }
    }
  }

  /** Computes sums of neighbors' squares, from the first neighbor to the last. */
  private void sums(Scratch scratch, int at, int count) {
    float[] squares = scratch.input();
    int apart = channels + radius;
    Arrays.fill(squares, 0, radius, 0);
    for (int row = 0; row < count; row++) {
      int to = radius + row * apart;
      scratch.math.unary(
          Unary.SQUARE, input.array(), at + row * channels, squares, to, channels, 0);
      Arrays.fill(squares, to + channels, to + apart, 0);
    }
    float[] sums = scratch.sums();
    int length = count * apart - radius;
    System.arraycopy(squares, 0, sums, 0, length);
    for (int neighbor = 1; neighbor <= 2 * radius; neighbor++) {
      scratch.math.add(sums, 0, squares, neighbor, length);
    }
  }

  private void divisors(float[] sums, int count) {
    float bias = op.bias();
    float alpha = op.alpha();
    if (op.beta() == 1) {
      for (int i = 0; i < count; i++) {
        sums[i] = bias + alpha * sums[i];
      }
    } else if (op.beta() == 0.5f) {
      for (int i = 0; i < count; i++) {
        sums[i] = (float) Math.sqrt(bias + alpha * sums[i]);
      }
    } else {
      for (int i = 0; i < count; i++) {
        float root = (float) Math.sqrt(bias + alpha * sums[i]);
        sums[i] = root * (float) Math.sqrt(root);
      }
    }
  }

  private void powers(float[] sums, int first, int at, int to) {
    float[] in = input.array();
    float[] out = output.array();
    for (int c = 0; c < channels; c++) {
      double factor = Math.pow(op.bias() + op.alpha() * sums[first + c], -op.beta());
      out[to + c] = (float) (in[at + c] * factor);
    }
  }
}
