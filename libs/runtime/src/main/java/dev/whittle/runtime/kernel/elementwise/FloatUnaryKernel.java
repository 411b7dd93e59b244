package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.runtime.kernel.execution.ElementwiseKernel;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.simd.Clamp;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;
import org.jspecify.annotations.Nullable;

/** An elementwise function of floats, or a clamp. */
public final class FloatUnaryKernel implements ElementwiseKernel, Workers.Task {
  private final Workers workers;
  private final @Nullable Unary function;
  private final float alpha;
  private final Clamp clamp;
  private final FloatArray input = new FloatArray();
  private final FloatArray output = new FloatArray();
  private int count;

  private FloatUnaryKernel(Workers workers, @Nullable Unary function, float alpha, Clamp clamp) {
    this.workers = workers;
    this.function = function;
    this.alpha = alpha;
    this.clamp = clamp;
  }

  public static FloatUnaryKernel of(Workers workers, Unary function) {
    return new FloatUnaryKernel(workers, function, 0, Clamp.NONE);
  }

  public boolean is(Unary other) {
    return function == other;
  }

  public static FloatUnaryKernel leakyRelu(Workers workers, float alpha) {
    return new FloatUnaryKernel(workers, Unary.LEAKY_RELU, alpha, Clamp.NONE);
  }

  public static FloatUnaryKernel clamp(Workers workers, float min, float max) {
    return new FloatUnaryKernel(workers, null, 0, new Clamp(min, max));
  }

  @Override
  public void run(Invocation invocation) {
    input.bind(invocation.input(0));
    output.bindOutput(invocation.output(0));
    count = Math.toIntExact(invocation.output(0).elements());
    workers.run(this, Workers.chunks(count));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int from = Workers.first(chunk);
    int part = Workers.length(chunk, count);
    int at = input.offset() + from;
    int to = output.offset() + from;
    if (function == null) {
      scratch.math.clamp(input.array(), at, output.array(), to, part, clamp);
    } else {
      scratch.math.unary(function, input.array(), at, output.array(), to, part, alpha);
    }
  }
}
