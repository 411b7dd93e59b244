package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.index.OneHot;
import dev.whittle.ir.op.index.ScatterNd;
import dev.whittle.ir.op.index.TopKV2;
import dev.whittle.ir.op.index.Unique;
import dev.whittle.ir.op.index.Where;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.ArgMin;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.ir.op.reduce.Mean;
import dev.whittle.ir.op.reduce.ReduceAll;
import dev.whittle.ir.op.reduce.ReduceAny;
import dev.whittle.ir.op.reduce.ReduceMax;
import dev.whittle.ir.op.reduce.ReduceMin;
import dev.whittle.ir.op.reduce.ReduceProd;
import dev.whittle.ir.op.reduce.SegmentSum;
import dev.whittle.ir.op.reduce.Sum;
import dev.whittle.ir.op.reduce.UnsortedSegmentMax;
import dev.whittle.ir.op.reduce.UnsortedSegmentMin;
import dev.whittle.ir.op.reduce.UnsortedSegmentProd;
import dev.whittle.ir.op.reduce.UnsortedSegmentSum;
import dev.whittle.ir.op.shape.BatchToSpaceNd;
import dev.whittle.ir.op.shape.BroadcastArgs;
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
import dev.whittle.ir.op.shape.Rank;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.op.shape.ReverseSequence;
import dev.whittle.ir.op.shape.ReverseV2;
import dev.whittle.ir.op.shape.ShapeOf;
import dev.whittle.ir.op.shape.Slice;
import dev.whittle.ir.op.shape.SpaceToBatchNd;
import dev.whittle.ir.op.shape.SpaceToDepth;
import dev.whittle.ir.op.shape.Split;
import dev.whittle.ir.op.shape.SplitV;
import dev.whittle.ir.op.shape.Squeeze;
import dev.whittle.ir.op.shape.Tile;
import dev.whittle.ir.op.shape.Transpose;
import dev.whittle.ir.op.shape.Unpack;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Operations that move, pick, join or reduce elements, and those on shapes. */
final class TensorFlowShapeOperations {
  private TensorFlowShapeOperations() {}

  static void register(TensorFlowOperations table) {
    reduction(table, "Mean", Mean::new);
    reduction(table, "Sum", Sum::new);
    reduction(table, "Max", ReduceMax::new);
    reduction(table, "Min", ReduceMin::new);
    table.single(
        "EuclideanNorm",
        call -> {
          Value square = call.emit().mul(call.x(), call.x());
          return call.emit().node(new Sqrt(), reduce(call, square, Sum::new));
        });
    reduction(table, "Any", ReduceAny::new);
    reduction(table, "All", ReduceAll::new);
    table.put("Prod", TensorFlowShapeOperations::product);
    same(table, "GatherNd", GatherNd::new);
    same(table, "ReverseV2", ReverseV2::new);
    same(table, "SegmentSum", SegmentSum::new);
    same(table, "UnsortedSegmentMax", UnsortedSegmentMax::new);
    same(table, "UnsortedSegmentMin", UnsortedSegmentMin::new);
    same(table, "UnsortedSegmentProd", UnsortedSegmentProd::new);
    same(table, "UnsortedSegmentSum", UnsortedSegmentSum::new);
    same(table, "Where", Where::new);
    narrowed(table, "BatchToSpaceND", BatchToSpaceNd::new, 1, 2);
    narrowed(table, "SpaceToBatchND", SpaceToBatchNd::new, 1, 2);
    narrowed(table, "Tile", Tile::new, 1);
    narrowed(table, "Transpose", Transpose::new, 1);
    narrowed(table, "Pad", Pad::new, 1);
    narrowed(table, "PadV2", PadV2::new, 1);
    narrowed(table, "Slice", Slice::new, 1, 2);
    narrowed(table, "ScatterNd", ScatterNd::new, 0, 2);
    narrowed(table, "BroadcastArgs", BroadcastArgs::new, 0, 1);
    same(table, "Range", Range::new);
    table.single("Rank", call -> call.emit().node(new Rank(), call.x()));
    table.put("Shape", TensorFlowShapeOperations::shape);
    table.put("ShapeN", TensorFlowShapeOperations::shapes);
    table.put("Size", TensorFlowShapeOperations::size);
    table.put("Reshape", TensorFlowShapeOperations::reshape);
    table.put("ExpandDims", TensorFlowShapeOperations::expandDims);
    table.put("Squeeze", TensorFlowShapeOperations::squeeze);
    table.put("Pack", TensorFlowShapeOperations::pack);
    table.put("ConcatV2", TensorFlowShapeOperations::concatenate);
    table.put("StridedSlice", TensorFlowSliceOperations::stridedSlice);
    table.put("GatherV2", TensorFlowShapeOperations::gather);
    table.put("Gather", TensorFlowShapeOperations::gather);
    table.put("Unpack", TensorFlowShapeOperations::unpack);
    table.put(
        "Split",
        call -> {
          int count = (int) call.node().integer("num_split", 1);
          return items(call.emit().nodes(count, new Split(count), call.narrow(0), call.value(1)));
        });
    table.put(
        "SplitV",
        call -> {
          int count = (int) call.node().integer("num_split", 1);
          return items(
              call.emit()
                  .nodes(count, new SplitV(count), call.x(), call.narrow(1), call.narrow(2)));
        });
    table.put(
        "TopKV2", call -> items(call.emit().nodes(2, new TopKV2(), call.x(), call.narrow(1))));
    table.put(
        "Unique",
        call ->
            items(
                call.emit()
                    .nodes(
                        2, new Unique(DataTypes.type(call.node().type("out_idx", 3))), call.x())));
    table.single(
        "ArgMax",
        call ->
            call.emit()
                .node(
                    new ArgMax(DataTypes.type(call.node().type("output_type", 9))),
                    call.x(),
                    call.narrow(1)));
    table.single(
        "ArgMin",
        call ->
            call.emit()
                .node(
                    new ArgMin(DataTypes.type(call.node().type("output_type", 9))),
                    call.x(),
                    call.narrow(1)));
    table.single(
        "Cumsum",
        call ->
            call.emit()
                .node(
                    new Cumsum(
                        call.node().flag("exclusive", false), call.node().flag("reverse", false)),
                    call.x(),
                    call.narrow(1)));
    table.single(
        "DepthToSpace",
        call -> {
          requireNhwc(call);
          int size = (int) call.node().integer("block_size", 1);
          return call.emit().node(new DepthToSpace(size), call.x());
        });
    table.single(
        "SpaceToDepth",
        call -> {
          requireNhwc(call);
          int size = (int) call.node().integer("block_size", 1);
          return call.emit().node(new SpaceToDepth(size), call.x());
        });
    table.single(
        "MirrorPad",
        call ->
            call.emit()
                .node(
                    new MirrorPad(call.node().text("mode", "REFLECT").equals("SYMMETRIC")),
                    call.x(),
                    call.narrow(1)));
    table.single(
        "OneHot",
        call ->
            call.emit()
                .node(
                    new OneHot((int) call.node().integer("axis", -1)),
                    TensorFlowStructuralOperations.index(call, call.x()),
                    call.narrow(1),
                    call.value(2),
                    call.value(3)));
    table.single(
        "ReverseSequence",
        call ->
            call.emit()
                .node(
                    new ReverseSequence(
                        (int) call.node().integer("seq_dim", 0),
                        (int) call.node().integer("batch_dim", 0)),
                    call.x(),
                    call.value(1)));
    table.single(
        "Fill", call -> shaped(call, 0, call.emit().node(new Fill(), call.x(), call.value(1))));
    table.single(
        "BroadcastTo",
        call -> shaped(call, 1, call.emit().node(new BroadcastTo(), call.x(), call.value(1))));
  }

  static void requireNhwc(OperationCall call) {
    String format = call.node().text("data_format", "NHWC");
    if (!format.equals("NHWC") && !format.equals("NDHWC")) {
      throw OperandException.unsupported("the layout %s", format);
    }
  }

  private static List<Item> items(List<Value> values) {
    return values.stream().map(Item::of).toList();
  }

  private static void same(TensorFlowOperations table, String name, Supplier<Op> op) {
    table.single(name, call -> call.emit().node(op.get(), call.values().toArray(new Value[0])));
  }

  /** An operation some of whose inputs TensorFlow Lite wants as 32-bit integers. */
  private static void narrowed(
      TensorFlowOperations table, String name, Supplier<Op> op, Integer... narrow) {
    List<Integer> places = List.of(narrow);
    table.single(
        name,
        call -> {
          Value[] values = call.values().toArray(new Value[0]);
          for (int place : places) {
            values[place] = call.narrow(place);
          }
          return call.emit().node(op.get(), values);
        });
  }

  /** Makes a reduction. */
  private interface Reduction {
    Op of(boolean keepDims);
  }

  private static void reduction(TensorFlowOperations table, String name, Reduction op) {
    table.single(name, call -> reduce(call, op));
  }

  private static Value reduce(OperationCall call, Reduction op) {
    return reduce(call, call.x(), op);
  }

  private static Value reduce(OperationCall call, Value x, Reduction op) {
    boolean keep = call.node().flag("keep_dims", call.node().flag("keepdims", false));
    Value axes = call.narrow(1);
    if (axes.shape().isRankKnown() && axes.shape().rank() == 0) {
      axes = axes.isConstant() ? call.emit().ints(call.integer(1)) : call.emit().reshape(axes, 1);
    }
    return call.emit().node(op.of(keep), x, axes);
  }

  private static List<Item> product(OperationCall call) {
    Value y = reduce(call, ReduceProd::new);
    List<@Nullable Long> known = call.known(0);
    if (known == null) {
      return List.of(Item.of(y));
    }
    Long product = 1L;
    for (Long one : known) {
      product = one == null || product == null ? null : Long.valueOf(product * one);
    }
    return List.of(new Item.Tensor(y, one(product)));
  }

  static List<@Nullable Long> one(@Nullable Long value) {
    List<@Nullable Long> list = new ArrayList<>();
    list.add(value);
    return list;
  }

  // Shapes.

  private static @Nullable List<@Nullable Long> dimensions(Shape shape) {
    if (!shape.isRankKnown()) {
      return null;
    }
    List<@Nullable Long> dimensions = new ArrayList<>();
    for (int dim : shape.toArray()) {
      dimensions.add(dim == Shape.DYNAMIC ? null : (long) dim);
    }
    return dimensions;
  }

  private static Item shape(OperationCall call, Value x) {
    TensorType type = DataTypes.type(call.node().type("out_type", 3));
    return new Item.Tensor(call.emit().node(new ShapeOf(type), x), dimensions(x.shape()));
  }

  private static List<Item> shape(OperationCall call) {
    return List.of(shape(call, call.x()));
  }

  private static List<Item> shapes(OperationCall call) {
    return call.values().stream().map(x -> shape(call, x)).toList();
  }

  private static List<Item> size(OperationCall call) {
    TensorType type = DataTypes.type(call.node().type("out_type", 3));
    Emitter emit = call.emit();
    Shape shape = call.x().shape();
    if (shape.isStatic()) {
      long elements = Shape.elements(shape.toArray());
      return List.of(new Item.Tensor(emit.scalar(type, (double) elements), one(elements)));
    }
    Value dimensions = emit.node(new ShapeOf(type), call.x());
    return List.of(Item.of(emit.node(new ReduceProd(false), dimensions, emit.ints(0))));
  }

  /** States what is known of a result whose shape is an input. */
  private static Value shaped(OperationCall call, int input, Value y) {
    List<@Nullable Long> known = call.known(input);
    if (known == null) {
      return y;
    }
    int[] dims = new int[known.size()];
    for (int i = 0; i < dims.length; i++) {
      Long dim = known.get(i);
      dims[i] = dim == null ? Shape.DYNAMIC : Math.toIntExact(dim);
    }
    return call.emit().narrow(y, Shape.of(dims));
  }

  private static List<Item> reshape(OperationCall call) {
    Emitter emit = call.emit();
    Value x = call.x();
    List<@Nullable Long> known = call.known(1);
    if (known == null) {
      return List.of(Item.of(emit.node(new Reshape(), x, call.narrow(1))));
    }
    int[] dims = new int[known.size()];
    int open = 0;
    for (int i = 0; i < dims.length; i++) {
      Long dim = known.get(i);
      dims[i] = dim == null ? -1 : Math.toIntExact(dim);
      open += dims[i] == -1 ? 1 : 0;
    }
    Value y =
        open <= 1
            ? emit.node(new Reshape(Arrays.stream(dims).boxed().toList()), x, emit.ints(dims))
            : emit.narrow(emit.node(new Reshape(), x, call.narrow(1)), Shape.of(dims));
    return List.of(new Item.Tensor(y, dims.length <= 1 ? call.known(0) : null));
  }

  private static List<Item> expandDims(OperationCall call) {
    Value y = call.emit().node(new ExpandDims(), call.x(), call.narrow(1));
    boolean vector = y.shape().isRankKnown() && y.shape().rank() <= 1;
    return List.of(new Item.Tensor(y, vector ? call.known(0) : null));
  }

  private static List<Item> squeeze(OperationCall call) {
    List<Integer> axes =
        Arrays.stream(call.node().integers("squeeze_dims", call.node().integers("axis")))
            .boxed()
            .toList();
    return List.of(new Item.Tensor(call.emit().node(new Squeeze(axes), call.x()), call.known(0)));
  }

  private static List<Item> pack(OperationCall call) {
    int axis = (int) call.node().integer("axis", 0);
    List<Value> values = call.values();
    Value y = call.emit().node(new Pack(values.size(), axis), values.toArray(new Value[0]));
    List<@Nullable Long> known = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      List<@Nullable Long> one = call.known(i);
      boolean scalar = values.get(i).shape().isRankKnown() && values.get(i).shape().rank() == 0;
      if (!scalar || !values.get(i).type().isInteger()) {
        return List.of(Item.of(y));
      }
      known.add(one == null ? null : one.getFirst());
    }
    return List.of(new Item.Tensor(y, known));
  }

  private static List<Item> concatenate(OperationCall call) {
    int last = call.inputs().size() - 1;
    int axis = call.integer(last);
    List<Value> parts = call.values().subList(0, last);
    Value y =
        parts.size() == 1
            ? parts.getFirst()
            : call.emit()
                .node(new Concatenation(axis, Activation.NONE), parts.toArray(new Value[0]));
    List<@Nullable Long> known = new ArrayList<>();
    for (int i = 0; i < last; i++) {
      List<@Nullable Long> one = call.known(i);
      if (one == null || parts.get(i).shape().rank() != 1) {
        return List.of(Item.of(y));
      }
      known.addAll(one);
    }
    return List.of(new Item.Tensor(y, known));
  }

  private static List<Item> gather(OperationCall call) {
    int axis = call.inputs().size() > 2 ? call.integer(2) : 0;
    int batch = (int) call.node().integer("batch_dims", 0);
    Value indices = TensorFlowStructuralOperations.index(call, call.value(1));
    Value y = call.emit().node(new Gather(axis, batch), call.x(), indices);
    List<@Nullable Long> from = call.known(0);
    List<@Nullable Long> at = call.known(1);
    if (from == null || at == null || call.x().shape().rank() != 1) {
      return List.of(Item.of(y));
    }
    List<@Nullable Long> known = new ArrayList<>();
    for (Long index : at) {
      boolean valid = index != null && index >= 0 && index < from.size();
      known.add(valid && index != null ? from.get(index.intValue()) : null);
    }
    return List.of(new Item.Tensor(y, known));
  }

  private static List<Item> unpack(OperationCall call) {
    int count = (int) call.node().integer("num", 1);
    int axis = (int) call.node().integer("axis", 0);
    List<Value> parts = call.emit().nodes(count, new Unpack(count, axis), call.x());
    List<@Nullable Long> known = call.known(0);
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean scalars = known != null && known.size() == count;
      items.add(new Item.Tensor(parts.get(i), scalars && known != null ? one(known.get(i)) : null));
    }
    return items;
  }
}
