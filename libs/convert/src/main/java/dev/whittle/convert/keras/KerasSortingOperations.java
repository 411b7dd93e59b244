package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.ShapeMoves;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.math.Neg;

/** {@code keras.ops}: sorting, by TOPK_V2 along the last axis. */
final class KerasSortingOperations {
  private KerasSortingOperations() {}

  static void register(KerasTable table) {
    table.value("Sort", KerasSortingOperations::sort);
    table.value("Argsort", KerasSortingOperations::argsort);
    table.value("Median", KerasSortingOperations::median);
    table.put("TopK", KerasSortingOperations::topK);
  }

  /** Returns the size of the last dimension as an operand. */
  private static Value count(Emitter e, Value x) {
    return e.scalar(Emitter.fixedDimension(x, -1));
  }

  private static Value sort(LayerCall call) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    return ShapeMoves.alongLast(
        e,
        x,
        call.config().integer("axis", -1),
        y -> e.reverse(e.nodes(2, new TopKV2(), y, count(e, y)).getFirst(), -1));
  }

  private static Value argsort(LayerCall call) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    return ShapeMoves.alongLast(
        e,
        x,
        call.config().integer("axis", -1),
        y -> e.nodes(2, new TopKV2(), e.node(new Neg(), y), count(e, y)).get(1));
  }

  private static Value median(LayerCall call) {
    Emitter e = call.emit();
    Value x = call.floats();
    boolean overAll = !call.config().has("axis");
    Value y = overAll ? e.reshape(x, -1) : x;
    int axis = overAll ? 0 : Emitter.axis(x, call.config().integers("axis", 1)[0]);
    int last = Emitter.rank(y) - 1;
    Value moved = axis == last ? y : e.swap(y, axis, last);
    Value sorted = e.nodes(2, new TopKV2(), moved, count(e, moved)).getFirst();
    int n = Emitter.dim(moved, last);
    Value middle = e.slice(sorted, last, (n - 1) / 2, n / 2 + 1);
    Value median = e.mean(middle, true, last);
    Value back = axis == last ? median : e.swap(median, axis, last);
    return call.config().flag("keepdims", false) ? back : e.squeeze(back, axis);
  }

  private static Argument topK(LayerCall call) {
    Value count = call.emit().scalar(call.config().integer("k"));
    return KerasOperations.list(call.emit().nodes(2, new TopKV2(), KerasOperations.x(call), count));
  }
}
