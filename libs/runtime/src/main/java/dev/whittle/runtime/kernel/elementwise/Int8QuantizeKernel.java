package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Activation.Bounds;
import dev.whittle.runtime.kernel.execution.ByteArray;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;

/** Quantization of floats to 8 bits per tensor, in double precision as the reference kernel. */
public final class Int8QuantizeKernel implements Kernel, Workers.Task {
  private final Workers workers;
  private final double scale;
  private final int zeroPoint;
  private final Bounds bounds;
  private final FloatArray input = new FloatArray();
  private final ByteArray output = new ByteArray();
  private int count;

  public Int8QuantizeKernel(Workers workers, float scale, int zeroPoint, Bounds bounds) {
    this.workers = workers;
    this.scale = scale;
    this.zeroPoint = zeroPoint;
    this.bounds = bounds;
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
    scratch.math.quantize(
        input.array(),
        input.offset() + from,
        scale,
        zeroPoint,
        bounds,
        output.array(),
        output.offset() + from,
        part);
  }
}
