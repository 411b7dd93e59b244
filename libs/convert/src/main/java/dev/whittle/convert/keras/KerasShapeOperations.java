package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.ShapeMoves;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.shape.BroadcastTo;
import dev.whittle.ir.op.shape.MirrorPad;
import dev.whittle.ir.op.shape.Pack;
import dev.whittle.ir.op.shape.Unpack;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.json.Config;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** {@code keras.ops}: reshaping, transposing, joining, splitting, repeating and padding. */
final class KerasShapeOperations {
  private KerasShapeOperations() {}

  static void register(KerasTable table) {
    table.value("Reshape", KerasShapeOperations::reshape);
    table.value("Ravel", call -> call.emit().reshape(KerasOperations.x(call), -1));
    table.value("ExpandDims", KerasShapeOperations::expandDims);
    table.value("Squeeze", KerasShapeOperations::squeeze);
    table.value("Transpose", KerasShapeOperations::transpose);
    table.value("Swapaxes", KerasShapeOperations::swapAxes);
    table.value("Moveaxis", KerasShapeOperations::moveAxes);
    table.value("Flip", KerasShapeOperations::flip);
    table.value("Fliplr", call -> call.emit().reverse(KerasOperations.x(call), 1));
    table.value("Flipud", call -> call.emit().reverse(KerasOperations.x(call), 0));
    table.value("Diff", KerasShapeOperations::differences);
    table.put("Meshgrid", KerasShapeOperations::grid);
    table.value("Roll", KerasShapeOperations::roll);
    table.value("Concatenate", call -> concatenate(call, call.config().integer("axis", -1)));
    table.value("Hstack", call -> concatenate(call, 1));
    table.value("Vstack", call -> concatenate(call, 0));
    table.value("Append", KerasShapeOperations::append);
    table.value("Stack", KerasShapeOperations::stack);
    table.put("Split", KerasShapeOperations::split);
    table.put("Unstack", KerasShapeOperations::unstack);
    table.value("Repeat", KerasShapeOperations::repeat);
    table.value("Tile", KerasShapeOperations::tile);
    table.value("BroadcastTo", KerasShapeOperations::broadcastTo);
    table.value("Pad", KerasShapeOperations::pad);
  }

  // Shapes.

  private static Value reshape(LayerCall call) {
    Value x = KerasOperations.x(call);
    List<?> list = call.config().list("newshape");
    int[] target = new int[list.size()];
    int unknown = 0;
    for (int i = 0; i < target.length; i++) {
      target[i] = list.get(i) instanceof Long n ? n.intValue() : -1;
      unknown += target[i] == -1 ? 1 : 0;
    }
    if (target.length > 0 && target[0] == -1) {
      target[0] = unknown > 1 ? Emitter.SAME : batch(x, target);
    }
    return call.emit().reshape(x, target);
  }

  /** Returns the batch of {@code x} where samples keep their size; -1 if it has to be inferred. */
  private static int batch(Value x, int[] target) {
    int before = Arrays.stream(Emitter.dims(x)).skip(1).reduce(1, (a, b) -> a * b);
    int after = Arrays.stream(target).skip(1).reduce(1, (a, b) -> a * b);
    return before == after && Emitter.rank(x) > 0 ? Emitter.dim(x, 0) : -1;
  }

  private static Value expandDims(LayerCall call) {
    Value x = KerasOperations.x(call);
    int[] axes = call.config().integers("axis");
    int rank = Emitter.rank(x) + axes.length;
    int[] sorted = Arrays.stream(axes).map(a -> a < 0 ? a + rank : a).sorted().toArray();
    for (int axis : sorted) {
      x = call.emit().expandDims(x, axis);
    }
    return x;
  }

  private static Value squeeze(LayerCall call) {
    Value x = KerasOperations.x(call);
    int @Nullable [] axes = KerasOperations.axes(call, "axis");
    int[] dropped =
        axes == null
            ? IntStream.range(0, Emitter.rank(x)).filter(i -> Emitter.dim(x, i) == 1).toArray()
            : axes;
    return dropped.length == 0 ? x : call.emit().squeeze(x, dropped);
  }

  private static Value broadcastTo(LayerCall call) {
    Value x = KerasOperations.x(call);
    List<?> stated = call.config().list("shape");
    int[] dims = new int[stated.size()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = stated.get(i) instanceof Long n && n >= 0 ? n.intValue() : Shape.DYNAMIC;
    }
    if (Arrays.stream(dims).anyMatch(d -> d == Shape.DYNAMIC) && dims.length != Emitter.rank(x)) {
      throw OperandException.unsupported("broadcasting to an unknown shape of another rank");
    }
    return call.emit().node(new BroadcastTo(), x, call.emit().shapeLike(x, dims));
  }

  // Order of axes and elements.

  private static Value transpose(LayerCall call) {
    Value x = KerasOperations.x(call);
    int rank = Emitter.rank(x);
    int @Nullable [] axes = KerasOperations.axes(call, "axes");
    int[] permutation =
        axes == null
            ? IntStream.range(0, rank).map(i -> rank - 1 - i).toArray()
            : Arrays.stream(axes).map(a -> Emitter.axis(x, a)).toArray();
    return call.emit().transpose(x, permutation);
  }

  private static Value swapAxes(LayerCall call) {
    int a = call.config().integer("axis1");
    return call.emit().swap(KerasOperations.x(call), a, call.config().integer("axis2"));
  }

  private static Value moveAxes(LayerCall call) {
    return ShapeMoves.moveAxes(
        call.emit(),
        KerasOperations.x(call),
        call.config().integers("source"),
        call.config().integers("destination"));
  }

  private static Value flip(LayerCall call) {
    Value x = KerasOperations.x(call);
    for (int axis : KerasOperations.axesOrAll(call, x)) {
      x = call.emit().reverse(x, axis);
    }
    return x;
  }

  private static Value roll(LayerCall call) {
    Value x = KerasOperations.x(call);
    int[] shifts = call.config().integers("shift");
    int @Nullable [] axes = KerasOperations.axes(call, "axis");
    if (axes == null) {
      throw OperandException.unsupported("rolling over all axes at once");
    }
    if (shifts.length != 1 && shifts.length != axes.length) {
      throw call.config().malformed("shift", "one number, or as many as axes");
    }
    for (int i = 0; i < axes.length; i++) {
      x = ShapeMoves.roll(call.emit(), x, axes[i], shifts[Math.min(i, shifts.length - 1)]);
    }
    return x;
  }

  /** The differences of neighbors along an axis, several times in turn. */
  private static Value differences(LayerCall call) {
    Emitter e = call.emit();
    Value x = KerasOperations.operand(call, 0, "a", null);
    int axis = Emitter.axis(x, call.config().integer("axis", -1));
    for (int i = call.config().integer("n", 1); i > 0; i--) {
      Value later = e.slice(x, axis, 1, Integer.MAX_VALUE);
      Value earlier = e.slice(x, axis, 0, -1);
      x =
          x.type() == TensorType.BOOL
              ? e.node(new NotEqual(), later, earlier)
              : e.sub(later, earlier);
    }
    return x;
  }

  /** Repeats each of several lists along the axes of all others. */
  private static Argument grid(LayerCall call) {
    Emitter e = call.emit();
    List<Value> lists =
        new ArrayList<>(KerasOperations.tensors(call).stream().map(x -> e.reshape(x, -1)).toList());
    int rank = lists.size();
    int[] order = IntStream.range(0, rank).toArray();
    if (call.config().string("indexing", "xy").equals("xy") && rank > 1) {
      order[0] = 1;
      order[1] = 0;
    }
    List<Value> shape =
        IntStream.range(0, rank).mapToObj(i -> e.dimension(lists.get(order[i]), 0)).toList();
    int[] known = IntStream.range(0, rank).map(i -> Emitter.dim(lists.get(order[i]), 0)).toArray();
    List<Value> grids = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      int[] dims = new int[rank];
      Arrays.fill(dims, 1);
      dims[order[i]] = -1;
      Value line = e.reshape(lists.get(i), dims);
      grids.add(e.narrow(e.broadcastTo(line, e.concat(0, shape)), Emitter.shape(known)));
    }
    return KerasOperations.list(grids);
  }

  // Joining and splitting.

  private static Value concatenate(LayerCall call, int axis) {
    return ShapeMoves.concatenate(call.emit(), axis, KerasOperations.tensors(call));
  }

  private static Value append(LayerCall call) {
    if (call.config().has("axis")) {
      return concatenate(call, call.config().integer("axis"));
    }
    Emitter e = call.emit();
    List<Value> flat =
        KerasOperations.tensors(call).stream().map(part -> e.reshape(part, -1)).toList();
    return ShapeMoves.concatenate(e, 0, flat);
  }

  private static Value stack(LayerCall call) {
    List<Value> parts = KerasOperations.tensors(call);
    if (parts.isEmpty()) {
      throw OperandException.invalid("a stack of no tensors");
    }
    int rank = Emitter.rank(parts.getFirst()) + 1;
    int axis = call.config().integer("axis", 0);
    return call.emit()
        .node(new Pack(parts.size(), axis < 0 ? axis + rank : axis), parts.toArray(new Value[0]));
  }

  private static Argument split(LayerCall call) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    int axis = Emitter.axis(x, call.config().integer("axis", 0));
    if (!(call.config().get("indices_or_sections") instanceof List<?>)) {
      return KerasOperations.list(e.split(x, axis, call.config().integer("indices_or_sections")));
    }
    int[] ends = call.config().integers("indices_or_sections");
    int dimension = Emitter.fixedDimension(x, axis);
    int[] sizes = new int[ends.length + 1];
    int from = 0;
    for (int i = 0; i < sizes.length; i++) {
      int to = i < ends.length ? ends[i] : dimension;
      sizes[i] = to - from;
      from = to;
    }
    return KerasOperations.list(e.splitSizes(x, axis, sizes));
  }

  private static Argument unstack(LayerCall call) {
    Value x = KerasOperations.x(call);
    int axis = Emitter.axis(x, call.config().integer("axis", 0));
    int count = Emitter.fixedDimension(x, axis);
    return KerasOperations.list(call.emit().nodes(count, new Unpack(count, axis), x));
  }

  // Repeating and padding.

  private static Value repeat(LayerCall call) {
    return ShapeMoves.repeat(
        call.emit(),
        KerasOperations.x(call),
        call.config().integer("axis"),
        call.config().integer("repeats"));
  }

  private static Value tile(LayerCall call) {
    return ShapeMoves.tile(call.emit(), KerasOperations.x(call), call.config().integers("repeats"));
  }

  private static Value pad(LayerCall call) {
    Value x = KerasOperations.x(call);
    int[] padding = padding(call.config(), Emitter.rank(x));
    String mode = call.config().string("mode", "constant");
    Emitter e = call.emit();
    if (mode.equals("constant")) {
      Argument fill = call.argument(1, "constant_values");
      double value =
          fill instanceof Argument.Literal l && l.value() instanceof Number n
              ? n.doubleValue()
              : call.config().real("constant_values", 0);
      return value == 0 ? e.pad(x, padding) : e.pad(x, value, padding);
    }
    if (!mode.equals("reflect") && !mode.equals("symmetric")) {
      throw OperandException.unsupported("padding of the mode '%s'", mode);
    }
    return e.node(
        new MirrorPad(mode.equals("symmetric")),
        x,
        e.constant("paddings", Tensor.of(padding, padding.length / 2, 2)));
  }

  /** Returns the padding before and after each axis, from one number, one pair or all pairs. */
  private static int[] padding(Config config, int rank) {
    float[] stated = config.reals("pad_width");
    int[] padding = new int[2 * rank];
    if (stated.length != padding.length && stated.length != 1 && stated.length != 2) {
      throw config.malformed("pad_width", "one number, one pair, or a pair for each axis");
    }
    for (int i = 0; i < padding.length; i++) {
      padding[i] = (int) stated[stated.length == padding.length ? i : i % stated.length];
    }
    return padding;
  }
}
