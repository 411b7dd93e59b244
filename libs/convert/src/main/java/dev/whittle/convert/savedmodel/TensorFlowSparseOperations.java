package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Ragged;
import dev.whittle.convert.lower.Segments;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.reduce.UnsortedSegmentMax;
import dev.whittle.ir.op.reduce.UnsortedSegmentMin;
import dev.whittle.ir.op.reduce.UnsortedSegmentProd;
import dev.whittle.ir.op.reduce.UnsortedSegmentSum;
import dev.whittle.ir.tensor.OperandException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reductions of segments; sparse and ragged tensors, as their parts. */
final class TensorFlowSparseOperations {
  private TensorFlowSparseOperations() {}

  static void register(TensorFlowOperations table) {
    table.operator("UnsortedSegmentMax", () -> new UnsortedSegmentMax());
    table.operator("UnsortedSegmentMin", () -> new UnsortedSegmentMin());
    table.operator("UnsortedSegmentProd", () -> new UnsortedSegmentProd());
    table.operator("UnsortedSegmentSum", () -> new UnsortedSegmentSum());
    Map.of(
            "Sum", Segments.Kind.SUM,
            "Prod", Segments.Kind.PRODUCT,
            "Max", Segments.Kind.MAXIMUM,
            "Min", Segments.Kind.MINIMUM,
            "Mean", Segments.Kind.MEAN)
        .forEach(
            (name, kind) -> table.single("Segment" + name, call -> segments(call, 1, kind, null)));
    Map.of(
            "Sum", Segments.Kind.SUM,
            "Mean", Segments.Kind.MEAN,
            "SqrtN", Segments.Kind.SUM_BY_ROOT)
        .forEach((name, kind) -> registerGathering(table, "SparseSegment" + name, kind));
    table.single("SparseTensorDenseMatMul", TensorFlowSparseOperations::product);
    table.single("RaggedTensorToTensor", TensorFlowSparseOperations::dense);
    table.put("CTCGreedyDecoder", TensorFlowSparseOperations::decode);
  }

  private static void registerGathering(
      TensorFlowOperations table, String name, Segments.Kind kind) {
    table.ignore("sparse_gradient", name, name + "WithNumSegments");
    table.single(name, call -> segments(call, 2, kind, null));
    table.single(name + "WithNumSegments", call -> segments(call, 2, kind, call.narrow(3)));
  }

  /**
   * Reduces rows by segments.
   *
   * @param input the segments; rows are gathered by the inputs between them and the tensor
   */
  private static Value segments(
      OperationCall call, int input, Segments.Kind kind, @Nullable Value count) {
    Emitter emit = call.emit();
    Value rows = input == 1 ? call.x() : emit.gather(call.x(), call.narrow(1), 0);
    return Segments.reduce(emit, rows, call.narrow(input), count, kind, true);
  }

  /** Adds up rows of the dense matrix, times the elements of the sparse one. */
  private static Value product(OperationCall call) {
    Emitter emit = call.emit();
    boolean adjoint = call.node().flag("adjoint_a", false);
    Value indices = call.narrow(0);
    Value into = emit.select(indices, 1, adjoint ? 1 : 0);
    Value from = emit.select(indices, 1, adjoint ? 0 : 1);
    Value b = call.value(3);
    Value dense = call.node().flag("adjoint_b", false) ? emit.transpose(b, 1, 0) : b;
    Value rows = emit.mul(emit.gather(dense, from, 0), emit.expandDims(call.value(1), 1));
    Value count = emit.select(call.narrow(2), 0, adjoint ? 1 : 0);
    return Segments.reduce(emit, rows, into, count, Segments.Kind.SUM, false);
  }

  private static Value dense(OperationCall call) {
    List<String> types = call.node().texts("row_partition_types");
    int[] shape = call.integers(0);
    Ragged rows =
        switch (String.join(" ", types)) {
          case "ROW_SPLITS" -> Ragged.ofSplits(call.emit(), call.value(1), call.narrow(3));
          case "FIRST_DIM_SIZE VALUE_ROWIDS" ->
              Ragged.ofRows(call.emit(), call.value(1), call.narrow(4), call.narrow(3));
          default ->
              throw OperandException.unsupported(
                  "ragged tensors of the form %s; expected one ragged axis", types);
        };
    Ragged kept = shape.length > 0 && shape[0] >= 0 ? rows.withCount(shape[0]) : rows;
    return kept.dense(call.value(2), shape.length > 1 ? shape[1] : -1);
  }

  private static List<Item> decode(OperationCall call) {
    Ragged.Decoded decoded =
        Ragged.decode(
            call.emit(),
            call.x(),
            call.narrow(1),
            (int) call.node().integer("blank_index", -1),
            call.node().flag("merge_repeated", false));
    return List.of(
        Item.of(decoded.indices()),
        Item.of(decoded.values()),
        Item.of(decoded.shape()),
        Item.of(decoded.score()));
  }
}
