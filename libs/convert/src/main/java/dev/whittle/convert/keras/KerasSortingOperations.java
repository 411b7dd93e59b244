package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.ShapeMoves;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.Bucketize;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.GreaterEqual;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.op.shape.Pack;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** {@code keras.ops}: sorting, by TOPK_V2 along the last axis. */
final class KerasSortingOperations {
  private KerasSortingOperations() {}

  static void register(KerasTable table) {
    table.value("Sort", KerasSortingOperations::sort);
    table.value("Argsort", KerasSortingOperations::argsort);
    table.value("Median", KerasSortingOperations::median);
    table.value(
        "Quantile",
        call -> {
          if (!call.config().string("method", "linear").equals("linear")) {
            // The layer of Keras 3.15 interpolates linearly all the same.
            throw OperandException.unsupported(
                "a method other than 'linear', which Keras ignores here; use keras.ops.percentile");
          }
          return quantile(call, 1);
        });
    table.value("Percentile", call -> quantile(call, 100));
    table.value("Digitize", KerasSortingOperations::digitize);
    table.value("SearchSorted", KerasSortingOperations::search);
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

  /**
   * Interpolates between sorted elements; NaN where there is one among them.
   *
   * @param scale what the largest element's place is called
   */
  private static Value quantile(LayerCall call, double scale) {
    Emitter e = call.emit();
    Value x = call.floats();
    Tensor places = KerasOperations.operand(call, 1, "q", null).contents();
    if (places == null || places.rank() > 1) {
      throw OperandException.unsupported("quantiles at computed places");
    }
    int[] axes = KerasOperations.axesOrAll(call, x);
    int[] sorted = Arrays.stream(axes).map(a -> Emitter.axis(x, a)).distinct().sorted().toArray();
    Value rows = lastJoined(e, x, sorted);
    int n = Emitter.fixedDimension(rows, -1);
    Value ascending = e.reverse(e.nodes(2, new TopKV2(), rows, e.scalar(n)).getFirst(), -1);
    String method = call.config().string("method", "linear");
    Value isUndefined = e.reduce(new ReduceAny(true), e.node(new NotEqual(), rows, rows), -1);
    List<Value> found = new ArrayList<>();
    for (long i = 0; i < places.elements(); i++) {
      double at = places.getReal(i) / scale * (n - 1);
      if (!(at >= 0 && at <= n - 1)) {
        throw OperandException.invalid("a quantile at %s", places.getReal(i));
      }
      Value y = e.where(isUndefined, e.scalar(Float.NaN), between(e, ascending, at, method));
      found.add(restored(call, x, sorted, y));
    }
    return places.rank() == 0
        ? found.getFirst()
        : e.node(new Pack(found.size(), 0), found.toArray(new Value[0]));
  }

  private static Value between(Emitter e, Value sorted, double at, String method) {
    int below = (int) Math.floor(at);
    int above = (int) Math.ceil(at);
    double part =
        switch (method) {
          case "linear" -> at - below;
          case "lower" -> 0;
          case "higher" -> above == below ? 0 : 1;
          case "midpoint" -> above == below ? 0 : 0.5;
          case "nearest" -> Math.rint(at) - below;
          default -> throw OperandException.unsupported("quantiles of the method '%s'", method);
        };
    Value low = e.slice(sorted, -1, below, below + 1);
    if (part == 0) {
      return low;
    }
    Value high = e.slice(sorted, -1, above, above + 1);
    return part == 1 ? high : e.add(e.mul(low, 1 - part), e.mul(high, part));
  }

  /** Moves axes to the end and joins them. */
  private static Value lastJoined(Emitter e, Value x, int[] axes) {
    int rank = Emitter.rank(x);
    List<Integer> order = new ArrayList<>();
    int size = 1;
    for (int i = 0; i < rank; i++) {
      if (Arrays.binarySearch(axes, i) < 0) {
        order.add(i);
      }
    }
    int kept = order.size();
    for (int axis : axes) {
      order.add(axis);
      size = Math.multiplyExact(size, Emitter.fixedDimension(x, axis));
    }
    Value moved = e.transpose(x, order.stream().mapToInt(Integer::intValue).toArray());
    int[] dims = new int[kept + 1];
    for (int i = 0; i < kept; i++) {
      dims[i] = Emitter.dim(moved, i) < 0 ? Emitter.SAME : Emitter.dim(moved, i);
    }
    dims[kept] = size;
    return e.reshape(moved, dims);
  }

  /** Drops the last axis, or puts axes of size 1 where axes were reduced. */
  private static Value restored(LayerCall call, Value x, int[] axes, Value reduced) {
    Emitter e = call.emit();
    Value y = e.squeeze(reduced, -1);
    if (call.config().flag("keepdims", false)) {
      for (int axis : axes) {
        y = e.expandDims(y, axis);
      }
    }
    return e.cast(y, x.type());
  }

  private static Value digitize(LayerCall call) {
    Value x = KerasOperations.x(call);
    Tensor bins = KerasOperations.operand(call, 1, "bins", null).contents();
    if (bins == null) {
      throw OperandException.unsupported("bins that are computed");
    }
    List<Float> bounds = new ArrayList<>();
    for (long i = 0; i < bins.elements(); i++) {
      bounds.add((float) bins.getReal(i));
    }
    return call.emit().node(new Bucketize(bounds), x);
  }

  /** Counts, for each value, the sorted elements below it. */
  private static Value search(LayerCall call) {
    Emitter e = call.emit();
    Value sorted = KerasOperations.operand(call, 0, "sorted_sequence", null);
    Value values = KerasOperations.operand(call, 1, "values", sorted);
    Emitter.requireRank(sorted, 1);
    boolean orEqual = call.config().string("side", "left").equals("right");
    List<Value> pair = e.promote(e.expandDims(values, -1), sorted);
    Value below = e.node(orEqual ? new GreaterEqual() : new Greater(), pair.get(0), pair.get(1));
    return e.sum(e.cast(below, TensorType.INT32), false, -1);
  }

  private static Argument topK(LayerCall call) {
    Value count = call.emit().scalar(call.config().integer("k"));
    return KerasOperations.list(call.emit().nodes(2, new TopKV2(), KerasOperations.x(call), count));
  }
}
