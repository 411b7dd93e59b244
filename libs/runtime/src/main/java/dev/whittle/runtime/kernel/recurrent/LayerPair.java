package dev.whittle.runtime.kernel.recurrent;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;

/** A bidirectional layer: a forward and a backward layer that run in turns. */
public record LayerPair(Kernel forward, Kernel backward) implements Kernel {
  @Override
  public void run(Invocation invocation) {
    forward.run(invocation);
    backward.run(invocation);
  }
}
