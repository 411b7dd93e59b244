package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.AccumulatorBlock;
import dev.whittle.runtime.kernel.simd.BinaryLoop;
import dev.whittle.runtime.kernel.simd.Int8Addition;
import dev.whittle.runtime.kernel.simd.MicroKernels;
import dev.whittle.runtime.kernel.simd.PackedRequantization;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The elementwise sum, difference or product of two 8-bit operands, which may be broadcast. Results
 * equal those of the reference kernels. Both operands are widened to floats block by block.
 */
public final class Int8Arithmetic implements ElementwiseKernel, Workers.Task, BroadcastLoop.Part {
  /** Number of elements of a block: its floats stay in the first-level cache. */
  private static final int BLOCK = 1024;

  private final Workers workers;
  private final BroadcastLoop runs;
  private final boolean unsigned;
  private final @Nullable Int8Addition sum;
  private final @Nullable PackedRequantization product;
  private final float leftZero;
  private final float rightZero;
  private final float[] pattern;
  private final ByteArray left = new ByteArray();
  private final ByteArray right = new ByteArray();
  private final ByteArray output = new ByteArray();

  private Int8Arithmetic(
      Workers workers,
      BroadcastLoop runs,
      boolean unsigned,
      @Nullable Int8Addition sum,
      @Nullable PackedRequantization product,
      float leftZero,
      float rightZero) {
    this.workers = workers;
    this.runs = runs;
    this.unsigned = unsigned;
    this.sum = sum;
    this.product = product;
    this.leftZero = leftZero;
    this.rightZero = rightZero;
    this.pattern = new float[runs.patternSize()];
    workers.reserve(2 * BLOCK, BLOCK, 0);
  }

  public static Int8Arithmetic sum(
      Workers workers, BroadcastLoop runs, Int8Addition sum, boolean unsigned) {
    return new Int8Arithmetic(workers, runs, unsigned, sum, null, 0, 0);
  }

  /**
   * A product.
   *
   * @param requantization of as many columns as a vector has, all alike
   */
  public static Int8Arithmetic product(
      Workers workers,
      BroadcastLoop runs,
      PackedRequantization requantization,
      int leftZero,
      int rightZero,
      boolean unsigned) {
    return new Int8Arithmetic(workers, runs, unsigned, null, requantization, leftZero, rightZero);
  }

  boolean isProduct() {
    return product != null;
  }

  /** Returns the quantized product of two quantized integers. */
  byte multiply(byte left, byte right) {
    int mask = unsigned ? 0xff : -1;
    int x = (left & mask) - (int) leftZero;
    int y = (right & mask) - (int) rightZero;
    return (byte) Objects.requireNonNull(product).apply(x * y, 0);
  }

  @Override
  public void run(Invocation invocation) {
    left.bind(invocation.input(0));
    right.bind(invocation.input(1));
    output.bindOutput(invocation.output(0));
    if (runs.count() == 0) {
      return;
    }
    ByteArray repeated = runs.rightIsPattern() ? right : left;
    for (int i = 0; i < pattern.length; i += runs.period()) {
      workers
          .scratch()
          .math
          .widen(repeated.array(), repeated.offset(), unsigned, pattern, i, runs.period());
    }
    workers.run(this, runs.chunks());
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    runs.compute(chunk, scratch, this);
  }

  @Override
  public void compute(Scratch scratch, int a, int aStep, int b, int bStep, int to, int count) {
    for (int from = 0; from < count; from += BLOCK) {
      int part = Math.min(BLOCK, count - from);
      block(scratch, a + from * aStep, aStep, b + from * bStep, bStep, to + from, part);
    }
  }

  private void block(Scratch scratch, int a, int aStep, int b, int bStep, int to, int count) {
    boolean leftPattern = runs.leftIsPattern();
    boolean rightPattern = runs.rightIsPattern();
    float[] floats = scratch.input();
    MicroKernels math = scratch.math;
    if (!leftPattern) {
      int elements = aStep == 0 ? 1 : count;
      math.widen(left.array(), left.offset() + a, unsigned, floats, 0, elements);
    }
    if (!rightPattern) {
      int elements = bStep == 0 ? 1 : count;
      math.widen(right.array(), right.offset() + b, unsigned, floats, BLOCK, elements);
    }
    float[] x = leftPattern ? pattern : floats;
    float[] y = rightPattern ? pattern : floats;
    int xAt = leftPattern ? a : 0;
    int yAt = rightPattern ? b : BLOCK;
    byte[] out = output.array();
    int place = output.offset() + to;
    BinaryLoop loop = scratch.loop.left(xAt, aStep).right(yAt, bStep);
    if (sum != null) {
      math.sum(x, y, sum, out, loop.output(place, count));
    } else if (product != null) {
      float[] products = scratch.sums();
      math.product(x, leftZero, y, rightZero, products, loop.output(0, count));
      // All columns are alike: as rows of one vector.
      int lanes = math.lanes();
      int end = count / lanes * lanes;
      AccumulatorBlock block = scratch.accumulators;
      block.accumulators(0, lanes).rows(0, count / lanes).columns(0, lanes).output(0, lanes);
      math.requantize(products, block, product, out, place);
      block.accumulators(end, 0).rows(0, 1).columns(0, count - end).output(end, 0);
      math.requantize(products, block, product, out, place);
    }
  }
}
