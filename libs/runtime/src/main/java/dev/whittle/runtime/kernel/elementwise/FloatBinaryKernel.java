package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.BinaryLoop;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;

/** An elementwise function of two float operands, which may be broadcast. */
public final class FloatBinaryKernel
    implements ElementwiseKernel, Workers.Task, BroadcastLoop.Part {
  private final Workers workers;
  private final Binary function;
  private final BroadcastLoop runs;
  private final Clamp clamp;
  private final float[] pattern;
  private final FloatArray left = new FloatArray();
  private final FloatArray right = new FloatArray();
  private final FloatArray output = new FloatArray();

  public FloatBinaryKernel(Workers workers, Binary function, BroadcastLoop runs, Clamp clamp) {
    this.workers = workers;
    this.function = function;
    this.runs = runs;
    this.clamp = clamp;
    this.pattern = new float[runs.patternSize()];
  }

  /** Returns whether the kernel computes a function without clamping. */
  public boolean isPlain(Binary other) {
    return function == other && clamp.isNone();
  }

  @Override
  public void run(Invocation invocation) {
    left.bind(invocation.input(0));
    right.bind(invocation.input(1));
    output.bindOutput(invocation.output(0));
    if (runs.count() == 0) {
      return;
    }
    FloatArray repeated = runs.rightIsPattern() ? right : left;
    for (int i = 0; i < pattern.length; i += runs.period()) {
      System.arraycopy(repeated.array(), repeated.offset(), pattern, i, runs.period());
    }
    workers.run(this, runs.chunks());
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    runs.compute(chunk, scratch, this);
  }

  @Override
  public void compute(Scratch scratch, int a, int aStep, int b, int bStep, int to, int count) {
    boolean leftPattern = runs.leftIsPattern();
    boolean rightPattern = runs.rightIsPattern();
    BinaryLoop loop = scratch.loop.output(output.offset() + to, count);
    loop.left(leftPattern ? a : left.offset() + a, aStep);
    loop.right(rightPattern ? b : right.offset() + b, bStep);
    float[] x = leftPattern ? pattern : left.array();
    float[] y = rightPattern ? pattern : right.array();
    scratch.math.binary(function, x, y, output.array(), loop, clamp);
  }
}
