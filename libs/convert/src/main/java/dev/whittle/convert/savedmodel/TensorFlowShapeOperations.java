package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.ShapeMoves;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.Activation;
import dev.whittle.ir.op.index.Where;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.reduce.ReduceProd;
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
import org.jspecify.annotations.Nullable;

/** Shapes; reshaping, transposing, joining, splitting, repeating and padding. */
final class TensorFlowShapeOperations {
  private TensorFlowShapeOperations() {}

  static void register(TensorFlowOperations table) {
    registerShapes(table);
    registerJoining(table);
    registerMoves(table);
  }

  private static void registerShapes(TensorFlowOperations table) {
    table.operator("Rank", () -> new Rank());
    table.put("Shape", TensorFlowShapeOperations::shape);
    table.put("ShapeN", TensorFlowShapeOperations::shapes);
    table.put("Size", TensorFlowShapeOperations::size);
    table.put("Reshape", TensorFlowShapeOperations::reshape);
    table.put("ExpandDims", TensorFlowShapeOperations::expandDims);
    table.put("Squeeze", TensorFlowShapeOperations::squeeze);
    table.single("Bitcast", TensorFlowShapeOperations::bitcast);
    table.single(
        "Fill", call -> shaped(call, 0, call.emit().node(new Fill(), call.x(), call.value(1))));
    table.single(
        "BroadcastTo",
        call -> shaped(call, 1, call.emit().node(new BroadcastTo(), call.x(), call.value(1))));
    table.operator("BroadcastArgs", () -> new BroadcastArgs());
    table.put("BroadcastGradientArgs", TensorFlowShapeOperations::broadcastAxes);
    table.operator("Range", () -> new Range());
  }

  private static void registerJoining(TensorFlowOperations table) {
    table.put("Pack", TensorFlowShapeOperations::pack);
    table.put("Unpack", TensorFlowShapeOperations::unpack);
    table.put("ConcatV2", TensorFlowShapeOperations::concatenate);
    // The shape of the result.
    table.ignore("shape", "ParallelConcat");
    table.single("ParallelConcat", call -> call.emit().concat(0, call.values()));
    table.put("Split", TensorFlowShapeOperations::split);
    table.put("SplitV", TensorFlowShapeOperations::splitSizes);
  }

  private static void registerMoves(TensorFlowOperations table) {
    table.single("Transpose", TensorFlowShapeOperations::transpose);
    table.operator("Tile", () -> new Tile(), 1);
    table.operator("Pad", () -> new Pad(), 1);
    table.operator("PadV2", () -> new PadV2(), 1);
    table.single("MirrorPad", TensorFlowShapeOperations::mirrorPad);
    table.single(
        "ReverseV2",
        call -> isScalar(call.x()) ? call.x() : call.emit().node(new ReverseV2(), call.operands()));
    table.single("ReverseSequence", TensorFlowShapeOperations::reverseSequence);
    table.single("Roll", TensorFlowShapeOperations::roll);
    table.operator("BatchToSpaceND", () -> new BatchToSpaceNd(), 1, 2);
    table.operator("SpaceToBatchND", () -> new SpaceToBatchNd(), 1, 2);
    table.single(
        "DepthToSpace", call -> call.emit().node(new DepthToSpace(blockSize(call)), call.x()));
    table.single(
        "SpaceToDepth", call -> call.emit().node(new SpaceToDepth(blockSize(call)), call.x()));
  }

  private static List<Item> items(List<Value> values) {
    return values.stream().map(Item::of).toList();
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
      return List.of(new Item.Tensor(emit.scalar(type, (double) elements), Item.single(elements)));
    }
    Value dimensions = emit.node(new ShapeOf(type), call.x());
    return List.of(Item.of(emit.node(new ReduceProd(false), dimensions, emit.ints(0))));
  }

  /** Sets the known shape of a result whose shape is an input. */
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
    return call.emit().narrow(y, Emitter.shape(dims));
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
            : emit.narrow(emit.node(new Reshape(), x, call.narrow(1)), Emitter.shape(dims));
    return List.of(new Item.Tensor(y, dims.length <= 1 ? call.known(0) : null));
  }

  private static List<Item> expandDims(OperationCall call) {
    Value y = call.emit().node(new ExpandDims(), call.x(), call.narrow(1));
    boolean vector = y.shape().isRankKnown() && Emitter.rank(y) <= 1;
    return List.of(new Item.Tensor(y, vector ? call.known(0) : null));
  }

  private static List<Item> squeeze(OperationCall call) {
    List<Integer> axes =
        Arrays.stream(
                call.node().integers("squeeze_dims", call.node().integers("axis", new int[0])))
            .boxed()
            .toList();
    return List.of(new Item.Tensor(call.emit().node(new Squeeze(axes), call.x()), call.known(0)));
  }

  /** Returns a type whose bits are the same in TensorFlow Lite. */
  private static TensorType bitsType(long code) {
    TensorType type = DataTypes.declared(code);
    if (type != DataTypes.type(code)) {
      throw OperandException.unsupported(
          "the bits of %s, which is computed in %s; compute in float32",
          type, DataTypes.type(code));
    }
    return type;
  }

  private static Value bitcast(OperationCall call) {
    TensorType type = bitsType(call.node().type("type", 1));
    bitsType(call.node().type("T", 1));
    return call.emit().bitcast(call.x(), type);
  }

  /** Returns the axes along which each of two shapes is broadcast to the other. */
  private static List<Item> broadcastAxes(OperationCall call) {
    List<@Nullable Long> a = call.known(0);
    List<@Nullable Long> b = call.known(1);
    if (a == null || b == null) {
      throw OperandException.unsupported("shapes of unknown rank");
    }
    int rank = Math.max(a.size(), b.size());
    List<Integer> left = new ArrayList<>();
    List<Integer> right = new ArrayList<>();
    boolean known = true;
    for (int axis = 0; axis < rank; axis++) {
      int i = axis - (rank - a.size());
      int j = axis - (rank - b.size());
      Long x = i < 0 ? Long.valueOf(1) : a.get(i);
      Long y = j < 0 ? Long.valueOf(1) : b.get(j);
      boolean isOne = x != null && x == 1;
      boolean isOtherOne = y != null && y == 1;
      known &= (x != null && y != null) || isOne || isOtherOne;
      if (isOne) {
        left.add(axis);
      }
      if (isOtherOne) {
        right.add(axis);
      }
    }
    // A dimension of unknown size is left out beside a known one: of size 1, its sum is itself.
    return known
        ? List.of(axes(call, left), axes(call, right))
        : List.of(axesOfSizeOne(call, 0, rank), axesOfSizeOne(call, 1, rank));
  }

  private static Item axesOfSizeOne(OperationCall call, int input, int rank) {
    Emitter emit = call.emit();
    Value shape = call.narrow(input);
    int missing = rank - Emitter.fixedDimension(shape, 0);
    int[] ones = new int[missing];
    Arrays.fill(ones, 1);
    Value whole = missing == 0 ? shape : emit.concat(0, List.of(emit.ints(ones), shape));
    Value found = emit.node(new Where(), emit.node(new Equal(), whole, emit.scalar(1)));
    return Item.of(emit.cast(emit.reshape(found, -1), TensorType.INT32));
  }

  private static Item axes(OperationCall call, List<Integer> axes) {
    return Item.of(call.emit().ints(axes.stream().mapToInt(Integer::intValue).toArray()));
  }

  // Joining and splitting.

  private static List<Item> pack(OperationCall call) {
    int axis = (int) call.node().integer("axis", 0);
    List<Value> values = call.values();
    Value y = call.emit().node(new Pack(values.size(), axis), values.toArray(new Value[0]));
    List<@Nullable Long> known = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      List<@Nullable Long> one = call.known(i);
      boolean scalar = values.get(i).shape().isRankKnown() && Emitter.rank(values.get(i)) == 0;
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
      if (one == null || Emitter.rank(parts.get(i)) != 1) {
        return List.of(Item.of(y));
      }
      known.addAll(one);
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
      items.add(
          new Item.Tensor(
              parts.get(i), scalars && known != null ? Item.single(known.get(i)) : null));
    }
    return items;
  }

  private static List<Item> split(OperationCall call) {
    int count = (int) call.node().integer("num_split", 1);
    return items(call.emit().nodes(count, new Split(count), call.narrow(0), call.value(1)));
  }

  private static List<Item> splitSizes(OperationCall call) {
    int count = (int) call.node().integer("num_split", 1);
    return items(
        call.emit().nodes(count, new SplitV(count), call.x(), call.narrow(1), call.narrow(2)));
  }

  // Moves.

  private static Value transpose(OperationCall call) {
    Value x = call.x();
    return isScalar(x) ? x : call.emit().node(new Transpose(), x, call.narrow(1));
  }

  /** Returns whether a value has no axes to move; native kernels write nothing for a scalar. */
  private static boolean isScalar(Value x) {
    return x.shape().isRankKnown() && Emitter.rank(x) == 0;
  }

  private static Value mirrorPad(OperationCall call) {
    var op = new MirrorPad(call.node().text("mode", "REFLECT").equals("SYMMETRIC"));
    return call.emit().node(op, call.x(), call.narrow(1));
  }

  private static Value reverseSequence(OperationCall call) {
    TfNode node = call.node();
    var op =
        new ReverseSequence((int) node.integer("seq_dim", 0), (int) node.integer("batch_dim", 0));
    return call.emit().node(op, call.x(), call.value(1));
  }

  private static int blockSize(OperationCall call) {
    TensorFlowNetworkOperations.requireChannelsLast(call);
    return (int) call.node().integer("block_size", 1);
  }

  private static Value roll(OperationCall call) {
    Emitter emit = call.emit();
    int[] axes = call.integers(2);
    List<@Nullable Long> shifts = call.known(1);
    if (shifts != null && shifts.size() != axes.length) {
      throw OperandException.invalid("%d shifts for %d axes", shifts.size(), axes.length);
    }
    Value x = call.x();
    for (int i = 0; i < axes.length; i++) {
      int axis = Emitter.axis(x, axes[i]);
      Long shift = shifts == null ? null : shifts.get(i);
      if (shift != null && Emitter.dim(x, axis) != Shape.DYNAMIC) {
        x = ShapeMoves.roll(emit, x, axis, shift);
      } else {
        Value computed = emit.select(emit.reshape(call.narrow(1), -1), 0, i);
        x = ShapeMoves.rollAtRunTime(emit, x, axis, computed);
      }
    }
    return x;
  }
}
