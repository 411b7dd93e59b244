package dev.whittle.runtime.kernel.elementwise;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.runtime.kernel.execution.FloatArray;
import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;

/** ADD_N: the elementwise sum of float tensors of one shape, in their order. */
public final class AddNKernel implements Kernel, Workers.Task {
  private final Workers workers;
  private final FloatArray[] inputs;
  private final FloatArray output = new FloatArray();
  private final int count;

  public AddNKernel(Workers workers, int inputs, int count) {
    this.workers = workers;
    this.count = count;
    this.inputs = new FloatArray[inputs];
    for (int i = 0; i < inputs; i++) {
      this.inputs[i] = new FloatArray();
    }
  }

  @Override
  public void run(Invocation invocation) {
    for (int i = 0; i < inputs.length; i++) {
      inputs[i].bind(invocation.input(i));
    }
    output.bindOutput(invocation.output(0));
    workers.run(this, Workers.chunks(count));
  }

  @Override
  public void run(int chunk, Scratch scratch) {
    int from = Workers.first(chunk);
    int part = Workers.length(chunk, count);
    int to = output.offset() + from;
    System.arraycopy(inputs[0].array(), inputs[0].offset() + from, output.array(), to, part);
    for (int i = 1; i < inputs.length; i++) {
      scratch.math.add(output.array(), to, inputs[i].array(), inputs[i].offset() + from, part);
    }
  }
}
