package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Boxes;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.image.NonMaxSuppressionV4;
import dev.whittle.ir.op.image.NonMaxSuppressionV5;
import dev.whittle.ir.op.index.Bucketize;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.index.Unique;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.GreaterEqual;
import dev.whittle.ir.op.shape.Slice;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sorting, counting, searching, and selection of boxes. */
final class TensorFlowSearchOperations {
  private TensorFlowSearchOperations() {}

  static void register(TensorFlowOperations table) {
    // Whether the order of the items matters: they are sorted in any case.
    table.ignore("sorted", "TopKV2");
    table.put("TopKV2", TensorFlowSearchOperations::topK);
    table.put("Unique", TensorFlowSearchOperations::unique);
    table.single(
        "Bucketize",
        call -> call.emit().node(new Bucketize(call.node().reals("boundaries")), call.x()));
    table.single("DenseBincount", TensorFlowSearchOperations::count);
    table.single("LowerBound", call -> search(call, false));
    table.single("UpperBound", call -> search(call, true));
    table.put("CombinedNonMaxSuppression", TensorFlowSearchOperations::combined);
    table.put("NonMaxSuppressionV2", call -> List.of(suppress(call, false)));
    table.put("NonMaxSuppressionV3", call -> List.of(suppress(call, true)));
    table.put(
        "NonMaxSuppressionV4", call -> padded(call, call.several(2, new NonMaxSuppressionV4())));
    table.put(
        "NonMaxSuppressionV5", call -> padded(call, call.several(3, new NonMaxSuppressionV5())));
  }

  private static List<Item> combined(OperationCall call) {
    Emitter emit = call.emit();
    int perClass = call.integer(2);
    int total = call.integer(3);
    if (perClass < 1 || total < 1) {
      throw OperandException.invalid("%d boxes of a class and %d together", perClass, total);
    }
    int classes = Emitter.fixedDimension(call.value(1), 2);
    boolean padPerClass = call.node().flag("pad_per_class", false);
    int length = padPerClass ? (int) Math.min(total, (long) perClass * classes) : total;
    Boxes.Selected selected =
        Boxes.select(
            emit,
            call.x(),
            call.value(1),
            new Boxes.Limits(perClass, length, call.value(4), call.value(5)));
    boolean clipped = call.node().flag("clip_boxes", true);
    Value boxes = clipped ? emit.min(emit.max(selected.boxes(), 0), 1) : selected.boxes();
    return List.of(
        Item.of(boxes),
        Item.of(selected.scores()),
        Item.of(selected.classes()),
        Item.of(selected.counts()));
  }

  private static List<Item> topK(OperationCall call) {
    Emitter emit = call.emit();
    List<Value> found = emit.nodes(2, new TopKV2(), call.x(), call.narrow(1));
    TensorType indices = DataTypes.type(call.node().type("index_type", 3));
    return List.of(Item.of(found.get(0)), Item.of(emit.cast(found.get(1), indices)));
  }

  private static List<Item> unique(OperationCall call) {
    return call.several(2, new Unique(DataTypes.type(call.node().type("out_idx", 3))));
  }

  // Counting and searching.

  private static Value count(OperationCall call) {
    Emitter emit = call.emit();
    Value x = call.x();
    int size = bins(call);
    Value weights = call.value(2);
    boolean weighted = weights.shape().isStatic() && weights.shape().elements() > 0;
    TensorType type = weights.type();
    Value hits =
        emit.node(
            new OneHot(-1),
            emit.cast(x, TensorType.INT32),
            emit.scalar(size),
            emit.scalar(TensorType.FLOAT32, 1),
            emit.scalar(TensorType.FLOAT32, 0));
    int rank = Emitter.rank(x);
    if (weighted) {
      Value factors = emit.cast(weights, TensorType.FLOAT32);
      hits = emit.mul(hits, emit.expandDims(factors, rank));
    }
    boolean binary = call.node().flag("binary_output", false);
    Value counts = binary ? emit.reduceMax(hits, false, rank - 1) : emit.sum(hits, false, rank - 1);
    return emit.cast(counts, type);
  }

  /** Returns the number of bins; also of one clamped by equal lower and upper bounds. */
  private static int bins(OperationCall call) {
    FunctionWalk walk = call.walk();
    TfNode min = walk.producer(call.node().input(1));
    for (int i = 0; min != null && min.op().equals("Minimum") && i < 2; i++) {
      TfNode max = walk.producer(min.input(1 - i));
      List<@Nullable Long> limit = walk.known(min.input(i));
      for (int j = 0; max != null && max.op().equals("Maximum") && j < 2; j++) {
        Long known = limit == null || limit.size() != 1 ? null : limit.getFirst();
        if (known != null && limit != null && limit.equals(walk.known(max.input(j)))) {
          return Math.toIntExact(known);
        }
      }
    }
    return call.integer(1);
  }

  /** Counts, for each value, the elements of a sorted row below it. */
  private static Value search(OperationCall call, boolean orEqual) {
    Emitter emit = call.emit();
    Value sorted = emit.expandDims(call.x(), 1);
    Value values = emit.expandDims(call.value(1), 2);
    Value below = emit.node(orEqual ? new GreaterEqual() : new Greater(), values, sorted);
    TensorType type = DataTypes.type(call.node().type("out_type", 3));
    return emit.cast(emit.sum(emit.cast(below, TensorType.INT32), false, 2), type);
  }

  // Boxes.

  /** Removes the padding of the operator from all results but the count, unless it is wanted. */
  private static List<Item> padded(OperationCall call, List<Item> found) {
    if (call.node().flag("pad_to_max_output_size", false)
        || !(found.getLast() instanceof Item.Tensor count)) {
      return found;
    }
    Emitter emit = call.emit();
    Value end = emit.reshape(count.value(), 1);
    List<Item> results = new ArrayList<>();
    for (Item item : found.subList(0, found.size() - 1)) {
      results.add(
          item instanceof Item.Tensor tensor
              ? Item.of(emit.node(new Slice(), tensor.value(), emit.ints(0), end))
              : item);
    }
    results.add(count);
    return results;
  }

  /** Returns the selected boxes without padding, by version 4 and a slice. */
  private static Item suppress(OperationCall call, boolean hasScoreLimit) {
    Emitter emit = call.emit();
    Value limit = hasScoreLimit ? call.value(4) : emit.scalar(-Float.MAX_VALUE);
    List<Value> found =
        emit.nodes(
            2,
            new NonMaxSuppressionV4(),
            call.x(),
            call.value(1),
            call.narrow(2),
            call.value(3),
            limit);
    Value end = emit.reshape(found.get(1), 1);
    Value chosen = emit.node(new Slice(), found.get(0), emit.ints(0), end);
    return Item.of(chosen);
  }
}
