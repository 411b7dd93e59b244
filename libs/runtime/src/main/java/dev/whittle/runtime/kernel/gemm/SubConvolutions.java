package dev.whittle.runtime.kernel.gemm;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.runtime.kernel.execution.StridedOutput;
import java.util.List;

/** A layer computed piece by piece, each of which fills its part of the output. */
public final class SubConvolutions implements Kernel, StridedOutput {
  private final List<Gemm> products;

  public SubConvolutions(List<Gemm> products) {
    this.products = List.copyOf(products);
  }

  @Override
  public void run(Invocation invocation) {
    for (Gemm product : products) {
      product.run(invocation);
    }
  }

  @Override
  public void writeTo(int columns, int first) {
    for (Gemm product : products) {
      product.writeTo(columns, first);
    }
  }
}
