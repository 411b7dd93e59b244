package dev.whittle.runtime.kernel;

import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import java.util.List;

/** A layer computed piece by piece, each of which fills its part of the output. */
final class Pieces implements Kernel, StridedOutput {
  private final List<Product> products;

  Pieces(List<Product> products) {
    this.products = List.copyOf(products);
  }

  @Override
  public void run(Invocation invocation) {
    for (Product product : products) {
      product.run(invocation);
    }
  }

  @Override
  public void writeTo(int columns, int first) {
    for (Product product : products) {
      product.writeTo(columns, first);
    }
  }
}
