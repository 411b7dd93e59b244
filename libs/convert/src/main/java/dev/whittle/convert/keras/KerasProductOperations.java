package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Einsum;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Products;
import dev.whittle.ir.Value;
import dev.whittle.json.Config;
import java.util.List;
import java.util.stream.IntStream;

/** {@code keras.ops}: products of matrices and tensors. */
final class KerasProductOperations {
  private KerasProductOperations() {}

  static void register(KerasTable table) {
    product(table, "Matmul", Products::matmul);
    product(table, "Dot", Products::dot);
    product(table, "Outer", (e, a, b) -> e.mul(e.reshape(a, -1, 1), e.reshape(b, 1, -1)));
    table.value("Tensordot", KerasProductOperations::tensordot);
    table.value(
        "Einsum",
        call ->
            Einsum.apply(
                call.emit(), call.config().string("subscripts"), KerasOperations.tensors(call)));
  }

  /** A product of two tensors. */
  @FunctionalInterface
  private interface Product {
    Value lower(Emitter emit, Value a, Value b);
  }

  private static void product(KerasTable table, String name, Product product) {
    table.value(
        name,
        call -> {
          List<Value> operands = KerasOperations.pair(call);
          return product.lower(call.emit(), operands.get(0), operands.get(1));
        });
  }

  /** The axes are two lists, or the number of last and first axes to sum over. */
  private static Value tensordot(LayerCall call) {
    List<Value> operands = KerasOperations.pair(call);
    Value a = operands.get(0);
    Value b = operands.get(1);
    Config config = call.config();
    int[] left;
    int[] right;
    if (config.get("axes") instanceof List<?> list && list.size() == 2) {
      left = axes(config, list.get(0));
      right = axes(config, list.get(1));
    } else {
      int rank = Emitter.rank(a);
      int count = config.integer("axes", 2);
      left = IntStream.range(rank - count, rank).toArray();
      right = IntStream.range(0, count).toArray();
    }
    if (left.length != right.length) {
      throw config.malformed("axes", "a number or two lists of one length");
    }
    return Products.tensordot(call.emit(), a, b, left, right);
  }

  private static int[] axes(Config config, Object stated) {
    int[] axes = stated == null ? null : Config.integersOf(stated);
    if (axes == null) {
      throw config.malformed("axes", "a number or two lists of integers");
    }
    return axes;
  }
}
