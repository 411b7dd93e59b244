package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Indexing;
import dev.whittle.convert.lower.Scattering;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.DynamicUpdateSlice;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.index.ScatterNd;
import dev.whittle.ir.op.index.SparseToDense;
import dev.whittle.ir.op.index.Where;
import dev.whittle.ir.op.shape.Slice;
import dev.whittle.ir.tensor.OperandException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Slicing, gathering and scattering. */
final class TensorFlowIndexOperations {
  private TensorFlowIndexOperations() {}

  static void register(TensorFlowOperations table) {
    table.put("StridedSlice", TensorFlowSliceOperations::stridedSlice);
    table.operator("Slice", () -> new Slice(), 1, 2);
    table.ignore("validate_indices", "Gather");
    table.put("Gather", TensorFlowIndexOperations::gather);
    table.put("GatherV2", TensorFlowIndexOperations::gather);
    table.operator("GatherNd", () -> new GatherNd());
    table.operator("Where", () -> new Where());
    table.single("OneHot", TensorFlowIndexOperations::oneHot);
    table.single("SparseToDense", TensorFlowIndexOperations::sparseToDense);
    table.operator("ScatterNd", () -> new ScatterNd(), 0, 2);
    table.single(
        "TensorScatterUpdate",
        call -> Scattering.update(call.emit(), call.x(), call.narrow(1), call.value(2)));
    table.single("TensorScatterAdd", call -> call.emit().add(call.x(), scattered(call)));
    table.single("TensorScatterSub", call -> call.emit().sub(call.x(), scattered(call)));
    table.operator("XlaDynamicUpdateSlice", () -> new DynamicUpdateSlice(), 2);
    table.single("InvertPermutation", TensorFlowIndexOperations::invert);
    for (String name : List.of("DynamicStitch", "ParallelDynamicStitch")) {
      table.single(name, TensorFlowIndexOperations::stitch);
    }
  }

  private static List<Item> gather(OperationCall call) {
    int axis = call.inputs().size() > 2 ? call.integer(2) : 0;
    int batch = (int) call.node().integer("batch_dims", 0);
    Value indices = Indexing.indices(call.emit(), call.value(1));
    Value y = call.emit().node(new Gather(axis, batch), call.x(), indices);
    List<@Nullable Long> from = call.known(0);
    List<@Nullable Long> at = call.known(1);
    if (from == null || at == null || Emitter.rank(call.x()) != 1) {
      return List.of(Item.of(y));
    }
    List<@Nullable Long> known = new ArrayList<>();
    for (Long index : at) {
      boolean valid = index != null && index >= 0 && index < from.size();
      known.add(valid && index != null ? from.get(index.intValue()) : null);
    }
    return List.of(new Item.Tensor(y, known));
  }

  private static Value oneHot(OperationCall call) {
    return call.emit()
        .node(
            new OneHot((int) call.node().integer("axis", -1)),
            Indexing.indices(call.emit(), call.x()),
            call.narrow(1),
            call.value(2),
            call.value(3));
  }

  private static Value sparseToDense(OperationCall call) {
    var op = new SparseToDense(call.node().flag("validate_indices", true));
    return call.emit().node(op, call.operands());
  }

  private static Value scattered(OperationCall call) {
    return Scattering.amongZeros(call.emit(), call.x(), call.narrow(1), call.value(2));
  }

  private static Value invert(OperationCall call) {
    Emitter emit = call.emit();
    Value x = call.narrow(0);
    Value indices = emit.expandDims(x, 1);
    Value inverse =
        emit.node(new ScatterNd(), indices, Indexing.range(emit, x, 0), emit.shapeOf(x));
    return emit.cast(emit.narrow(inverse, x.shape()), call.x().type());
  }

  /** Merges the rows of several tensors by constant lists of indices. */
  private static Value stitch(OperationCall call) {
    Emitter emit = call.emit();
    int count = call.inputs().size() / 2;
    List<Value> parts = new ArrayList<>();
    List<Integer> targets = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] indices = call.integers(i);
      Arrays.stream(indices).forEach(targets::add);
      Value part = call.value(count + i);
      int indexRank = Emitter.rank(call.value(i));
      parts.add(
          indexRank == 0
              ? emit.expandDims(part, 0)
              : indexRank == 1 ? part : flattened(emit, part, indexRank, indices.length));
    }
    if (targets.stream().anyMatch(target -> target < 0)) {
      throw OperandException.invalid("negative indices in %s", targets);
    }
    int last = targets.stream().mapToInt(Integer::intValue).max().orElse(-1);
    Emitter.checkGenerated(last + 1L);
    int[] order = new int[last + 1];
    Arrays.fill(order, -1);
    for (int i = 0; i < targets.size(); i++) {
      order[targets.get(i)] = i;
    }
    if (Arrays.stream(order).anyMatch(i -> i < 0)) {
      throw OperandException.unsupported("indices with gaps");
    }
    return emit.gather(emit.concat(0, parts), emit.ints(order), 0);
  }

  private static Value flattened(Emitter emit, Value part, int axes, int rows) {
    int[] rest = Arrays.copyOfRange(Emitter.dims(part), axes - 1, Emitter.rank(part));
    rest[0] = rows;
    return emit.reshape(part, rest);
  }
}
