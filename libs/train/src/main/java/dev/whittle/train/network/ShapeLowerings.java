package dev.whittle.train.network;

import dev.whittle.ir.Op;
import dev.whittle.ir.op.image.ResizeBilinear;
import dev.whittle.ir.op.image.ResizeNearestNeighbor;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ArgMin;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.reduce.ReduceAll;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.op.reduce.ReduceMax;
import dev.whittle.ir.op.reduce.ReduceMin;
import dev.whittle.ir.op.reduce.ReduceProd;
import dev.whittle.ir.op.reduce.Sum;
import dev.whittle.ir.op.shape.BatchToSpaceNd;
import dev.whittle.ir.op.shape.BroadcastTo;
import dev.whittle.ir.op.shape.Concatenation;
import dev.whittle.ir.op.shape.DepthToSpace;
import dev.whittle.ir.op.shape.ExpandDims;
import dev.whittle.ir.op.shape.Fill;
import dev.whittle.ir.op.shape.MirrorPad;
import dev.whittle.ir.op.shape.Pack;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.shape.PadV2;
import dev.whittle.ir.op.shape.Range;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.shape.ReverseV2;
import dev.whittle.ir.op.shape.ShapeOf;
import dev.whittle.ir.op.shape.Slice;
import dev.whittle.ir.op.shape.SpaceToBatchNd;
import dev.whittle.ir.op.shape.SpaceToDepth;
import dev.whittle.ir.op.shape.Split;
import dev.whittle.ir.op.shape.SplitV;
import dev.whittle.ir.op.shape.Squeeze;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.op.shape.Tile;
import dev.whittle.ir.op.shape.Transpose;
import dev.whittle.ir.op.shape.Unpack;
import dev.whittle.ir.op.shape.ZerosLike;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.tensorflow.Operation;
import org.tensorflow.Output;

/** Operators that move, pick, join or reduce elements, or compute with shapes. */
final class ShapeLowerings {
  private ShapeLowerings() {}

  static void register(TrainingLowerings table) {
    same(table, BatchToSpaceNd.class, "BatchToSpaceND");
    same(table, BroadcastTo.class, "BroadcastTo");
    same(table, ExpandDims.class, "ExpandDims");
    same(table, Fill.class, "Fill");
    same(table, GatherNd.class, "GatherNd");
    same(table, PadV2.class, "PadV2");
    same(table, Pad.class, "Pad");
    same(table, Range.class, "Range");
    same(table, ReverseV2.class, "ReverseV2");
    same(table, Slice.class, "Slice");
    same(table, SpaceToBatchNd.class, "SpaceToBatchND");
    same(table, Tile.class, "Tile");
    same(table, Transpose.class, "Transpose");
    same(table, ZerosLike.class, "ZerosLike");
    reduction(table, Mean.class, "Mean", Mean::keepDims);
    reduction(table, Sum.class, "Sum", Sum::keepDims);
    reduction(table, ReduceMax.class, "Max", ReduceMax::keepDims);
    reduction(table, ReduceMin.class, "Min", ReduceMin::keepDims);
    reduction(table, ReduceProd.class, "Prod", ReduceProd::keepDims);
    reduction(table, ReduceAny.class, "Any", ReduceAny::keepDims);
    reduction(table, ReduceAll.class, "All", ReduceAll::keepDims);
    table.single(ArgMax.class, (call, op) -> position(call, "ArgMax", op.outputType()));
    table.single(ArgMin.class, (call, op) -> position(call, "ArgMin", op.outputType()));
    table.single(Concatenation.class, ShapeLowerings::concatenate);
    table.single(
        Cumsum.class,
        (call, op) ->
            call.ops()
                .op(
                    "Cumsum",
                    b -> b.setAttr("exclusive", op.exclusive()).setAttr("reverse", op.reverse()),
                    call.input(0),
                    call.input(1)));
    table.single(DepthToSpace.class, (call, op) -> blocks(call, "DepthToSpace", op.blockSize()));
    table.single(SpaceToDepth.class, (call, op) -> blocks(call, "SpaceToDepth", op.blockSize()));
    table.single(Gather.class, ShapeLowerings::gather);
    table.single(
        MirrorPad.class,
        (call, op) ->
            call.ops()
                .op(
                    "MirrorPad",
                    b -> b.setAttr("mode", op.symmetric() ? "SYMMETRIC" : "REFLECT"),
                    call.input(0),
                    call.input(1)));
    table.single(
        OneHot.class,
        (call, op) ->
            call.ops()
                .op(
                    "OneHot",
                    b -> b.setAttr("axis", (long) op.axis()),
                    call.input(0),
                    call.input(1),
                    call.input(2),
                    call.input(3)));
    table.single(
        Pack.class,
        (call, op) ->
            call.ops().listOp("Pack", b -> b.setAttr("axis", (long) op.axis()), all(call)));
    table.single(Reshape.class, ShapeLowerings::reshape);
    table.single(
        ResizeBilinear.class,
        (call, op) -> resize(call, "ResizeBilinear", op.alignCorners(), op.halfPixelCenters()));
    table.single(
        ResizeNearestNeighbor.class,
        (call, op) ->
            resize(call, "ResizeNearestNeighbor", op.alignCorners(), op.halfPixelCenters()));
    table.single(
        ShapeOf.class,
        (call, op) ->
            call.ops()
                .op(
                    "Shape",
                    b -> b.setAttr("out_type", TensorFlowTypes.dataType(op.outputType())),
                    call.input(0)));
    table.put(
        Split.class,
        (call, op) ->
            outputs(
                call.ops()
                    .operation(
                        "Split",
                        b -> b.setAttr("num_split", (long) op.count()),
                        call.input(0),
                        call.input(1)),
                op.count()));
    table.put(
        SplitV.class,
        (call, op) ->
            outputs(
                call.ops()
                    .operation(
                        "SplitV",
                        b -> b.setAttr("num_split", (long) op.count()),
                        call.input(0),
                        call.input(1),
                        call.input(2)),
                op.count()));
    table.put(
        Unpack.class,
        (call, op) ->
            outputs(
                call.ops()
                    .operation(
                        "Unpack",
                        b -> b.setAttr("num", (long) op.count()).setAttr("axis", (long) op.axis()),
                        call.input(0)),
                op.count()));
    table.single(
        Squeeze.class,
        (call, op) ->
            call.ops()
                .op(
                    "Squeeze",
                    b ->
                        b.setAttr(
                            "squeeze_dims",
                            op.axes().stream().mapToLong(Integer::longValue).toArray()),
                    call.input(0)));
    table.single(StridedSlice.class, ShapeLowerings::stridedSlice);
  }

  /** An operator with the same operands and meaning in TensorFlow. */
  private static <O extends Op> void same(TrainingLowerings table, Class<O> type, String name) {
    table.single(type, (call, op) -> call.ops().op(name, all(call).toArray(new Output<?>[0])));
  }

  private static <O extends Op> void reduction(
      TrainingLowerings table, Class<O> type, String name, Function<O, Boolean> keepDims) {
    table.single(
        type,
        (call, op) ->
            call.ops()
                .op(
                    name,
                    b -> b.setAttr("keep_dims", keepDims.apply(op)),
                    call.input(0),
                    call.input(1)));
  }

  private static List<Output<?>> all(NodeCall call) {
    List<Output<?>> all = new ArrayList<>();
    for (int i = 0; i < call.inputs().size(); i++) {
      all.add(call.input(i));
    }
    return all;
  }

  private static List<Output<?>> outputs(Operation operation, int count) {
    List<Output<?>> outputs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      outputs.add(operation.output(i));
    }
    return outputs;
  }

  private static Output<?> position(NodeCall call, String name, TensorType type) {
    return call.ops()
        .op(
            name,
            b -> b.setAttr("output_type", TensorFlowTypes.dataType(type)),
            call.ops().stopGradient(call.input(0)),
            call.input(1));
  }

  private static Output<?> blocks(NodeCall call, String name, int size) {
    return call.ops().op(name, b -> b.setAttr("block_size", (long) size), call.input(0));
  }

  private static Output<?> concatenate(NodeCall call, Concatenation op) {
    TensorFlowOps ops = call.ops();
    Output<?> joined = ops.listOp("ConcatV2", b -> b, all(call), ops.integer(op.axis()));
    return ops.activate(joined, op.activation());
  }

  private static Output<?> gather(NodeCall call, Gather op) {
    return call.ops()
        .op(
            "GatherV2",
            b -> b.setAttr("batch_dims", (long) op.batchDims()),
            call.input(0),
            call.input(1),
            call.ops().integer(op.axis()));
  }

  private static Output<?> reshape(NodeCall call, Reshape op) {
    if (call.has(1)) {
      return call.ops().op("Reshape", call.input(0), call.input(1));
    }
    List<Integer> shape = op.newShape();
    if (shape == null) {
      throw OperandException.invalid("no shape");
    }
    return call.ops().reshape(call.input(0), shape.stream().mapToInt(Integer::intValue).toArray());
  }

  private static Output<?> resize(
      NodeCall call, String name, boolean alignCorners, boolean halfPixelCenters) {
    return call.ops()
        .op(
            name,
            b ->
                b.setAttr("align_corners", alignCorners)
                    .setAttr("half_pixel_centers", halfPixelCenters),
            call.input(0),
            call.input(1));
  }

  private static Output<?> stridedSlice(NodeCall call, StridedSlice op) {
    if (op.offset()) {
      throw OperandException.unsupported("ends that count from the beginning of the slice");
    }
    return call.ops()
        .op(
            "StridedSlice",
            b ->
                b.setAttr("begin_mask", (long) op.beginMask())
                    .setAttr("end_mask", (long) op.endMask())
                    .setAttr("ellipsis_mask", (long) op.ellipsisMask())
                    .setAttr("new_axis_mask", (long) op.newAxisMask())
                    .setAttr("shrink_axis_mask", (long) op.shrinkAxisMask()),
            call.input(0),
            call.input(1),
            call.input(2),
            call.input(3));
  }
}
