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

/** Lowerings of operators that move, select, concatenate or reduce elements, or compute shapes. */
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
    table.single(ArgMax.class, (call, op) -> argExtreme(call, "ArgMax", op.outputType()));
    table.single(ArgMin.class, (call, op) -> argExtreme(call, "ArgMin", op.outputType()));
    table.single(Concatenation.class, ShapeLowerings::concatenate);
    table.single(Cumsum.class, ShapeLowerings::cumsum);
    table.single(DepthToSpace.class, (call, op) -> blocks(call, "DepthToSpace", op.blockSize()));
    table.single(SpaceToDepth.class, (call, op) -> blocks(call, "SpaceToDepth", op.blockSize()));
    table.single(Gather.class, ShapeLowerings::gather);
    table.single(MirrorPad.class, ShapeLowerings::mirrorPad);
    table.single(OneHot.class, ShapeLowerings::oneHot);
    table.single(Pack.class, ShapeLowerings::pack);
    table.single(Reshape.class, ShapeLowerings::reshape);
    table.single(ResizeBilinear.class, ShapeLowerings::resizeBilinear);
    table.single(ResizeNearestNeighbor.class, ShapeLowerings::resizeNearestNeighbor);
    table.single(ShapeOf.class, ShapeLowerings::shape);
    table.put(Split.class, ShapeLowerings::split);
    table.put(SplitV.class, ShapeLowerings::splitV);
    table.put(Unpack.class, ShapeLowerings::unpack);
    table.single(Squeeze.class, ShapeLowerings::squeeze);
    table.single(StridedSlice.class, ShapeLowerings::stridedSlice);
  }

  /** Registers an operator that has the same operands and semantics in TensorFlow. */
  private static <O extends Op> void same(TrainingLowerings table, Class<O> type, String name) {
    table.single(
        type, (call, op) -> call.ops().op(name, call.allInputs().toArray(new Output<?>[0])));
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

  private static List<Output<?>> outputs(Operation operation, int count) {
    List<Output<?>> outputs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      outputs.add(operation.output(i));
    }
    return outputs;
  }

  private static Output<?> argExtreme(NodeCall call, String name, TensorType type) {
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
    Output<?> concatenated =
        ops.listOp("ConcatV2", b -> b, call.allInputs(), ops.integer(op.axis()));
    return ops.activate(concatenated, op.activation());
  }

  private static Output<?> cumsum(NodeCall call, Cumsum op) {
    return call.ops()
        .op(
            "Cumsum",
            b -> b.setAttr("exclusive", op.exclusive()).setAttr("reverse", op.reverse()),
            call.input(0),
            call.input(1));
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

  private static Output<?> mirrorPad(NodeCall call, MirrorPad op) {
    return call.ops()
        .op(
            "MirrorPad",
            b -> b.setAttr("mode", op.symmetric() ? "SYMMETRIC" : "REFLECT"),
            call.input(0),
            call.input(1));
  }

  private static Output<?> oneHot(NodeCall call, OneHot op) {
    return call.ops()
        .op(
            "OneHot",
            b -> b.setAttr("axis", (long) op.axis()),
            call.input(0),
            call.input(1),
            call.input(2),
            call.input(3));
  }

  private static Output<?> pack(NodeCall call, Pack op) {
    return call.ops().listOp("Pack", b -> b.setAttr("axis", (long) op.axis()), call.allInputs());
  }

  private static Output<?> reshape(NodeCall call, Reshape op) {
    if (call.has(1)) {
      return call.ops().op("Reshape", call.input(0), call.input(1));
    }
    List<Integer> shape = op.newShape();
    if (shape == null) {
      throw OperandException.invalid("RESHAPE without a shape operand or a shape in its options");
    }
    return call.ops().reshape(call.input(0), shape.stream().mapToInt(Integer::intValue).toArray());
  }

  private static Output<?> resizeBilinear(NodeCall call, ResizeBilinear op) {
    return resize(call, "ResizeBilinear", op.alignCorners(), op.halfPixelCenters());
  }

  private static Output<?> resizeNearestNeighbor(NodeCall call, ResizeNearestNeighbor op) {
    return resize(call, "ResizeNearestNeighbor", op.alignCorners(), op.halfPixelCenters());
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

  private static Output<?> shape(NodeCall call, ShapeOf op) {
    return call.ops()
        .op(
            "Shape",
            b -> b.setAttr("out_type", TensorFlowTypes.dataType(op.outputType())),
            call.input(0));
  }

  private static List<Output<?>> split(NodeCall call, Split op) {
    Operation split =
        call.ops()
            .operation(
                "Split",
                b -> b.setAttr("num_split", (long) op.count()),
                call.input(0),
                call.input(1));
    return outputs(split, op.count());
  }

  private static List<Output<?>> splitV(NodeCall call, SplitV op) {
    Operation split =
        call.ops()
            .operation(
                "SplitV",
                b -> b.setAttr("num_split", (long) op.count()),
                call.input(0),
                call.input(1),
                call.input(2));
    return outputs(split, op.count());
  }

  private static List<Output<?>> unpack(NodeCall call, Unpack op) {
    Operation unpacked =
        call.ops()
            .operation(
                "Unpack",
                b -> b.setAttr("num", (long) op.count()).setAttr("axis", (long) op.axis()),
                call.input(0));
    return outputs(unpacked, op.count());
  }

  private static Output<?> squeeze(NodeCall call, Squeeze op) {
    long[] axes = op.axes().stream().mapToLong(Integer::longValue).toArray();
    return call.ops().op("Squeeze", b -> b.setAttr("squeeze_dims", axes), call.input(0));
  }

  private static Output<?> stridedSlice(NodeCall call, StridedSlice op) {
    if (op.offset()) {
      throw OperandException.unsupported("ends relative to the beginnings (offset)");
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
