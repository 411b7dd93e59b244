package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.runtime.kernel.execution.StridedOutput;
import java.util.List;

/** A layer that is computed by several GEMMs, each of which fills its part of the output. */
public final class SubConvolutions implements Kernel, StridedOutput {
  private final List<Gemm> gemms;

  public SubConvolutions(List<Gemm> gemms) {
    this.gemms = List.copyOf(gemms);
  }

  @Override
  public void run(Invocation invocation) {
    for (Gemm gemm : gemms) {
      gemm.run(invocation);
    }
  }

  @Override
  public void writeTo(int columns, int first) {
    for (Gemm gemm : gemms) {
      gemm.writeTo(columns, first);
    }
  }
}
