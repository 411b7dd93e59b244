package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.shape.BroadcastTo;
import dev.whittle.ir.op.shape.MirrorPad;
import dev.whittle.ir.op.shape.Pack;
import dev.whittle.ir.op.shape.SplitV;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.tensor.Constant;
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

/** {@code keras.ops}: reshaping, joining, taking apart and indexing. */
final class KerasShapeOperations {
  private KerasShapeOperations() {}

  static void register(Layers table) {
    table.value("Reshape", call -> reshape(call, "newshape"));
    table.value("Ravel", call -> call.emit().reshape(KerasOperations.x(call), -1));
    table.value(
        "Transpose",
        call -> {
          Value x = KerasOperations.x(call);
          int rank = x.shape().rank();
          int @Nullable [] axes = KerasOperations.axes(call, "axes");
          return call.emit()
              .transpose(
                  x,
                  axes == null
                      ? IntStream.range(0, rank).map(i -> rank - 1 - i).toArray()
                      : Arrays.stream(axes).map(a -> Emitter.axis(x, a)).toArray());
        });
    table.value(
        "Swapaxes",
        call ->
            call.emit()
                .swap(
                    KerasOperations.x(call),
                    call.config().integer("axis1"),
                    call.config().integer("axis2")));
    table.value("Moveaxis", KerasShapeOperations::moveAxes);
    table.value(
        "ExpandDims",
        call -> {
          Value x = KerasOperations.x(call);
          int[] axes = call.config().integers("axis");
          int rank = x.shape().rank() + axes.length;
          int[] places = Arrays.stream(axes).map(a -> a < 0 ? a + rank : a).sorted().toArray();
          for (int place : places) {
            x = call.emit().expandDims(x, place);
          }
          return x;
        });
    table.value("Squeeze", KerasShapeOperations::squeeze);
    table.value(
        "Concatenate",
        call -> {
          List<Value> parts = call.tensors().stream().map(Argument.OfTensor::value).toList();
          return concatenate(call.emit(), call.config().integer("axis", -1), parts);
        });
    table.value("Hstack", call -> concatenate(call.emit(), 1, values(call)));
    table.value("Vstack", call -> concatenate(call.emit(), 0, values(call)));
    table.value(
        "Append",
        call -> {
          List<Value> parts = values(call);
          return call.config().has("axis")
              ? concatenate(call.emit(), call.config().integer("axis"), parts)
              : concatenate(
                  call.emit(), 0, parts.stream().map(x -> call.emit().reshape(x, -1)).toList());
        });
    table.value(
        "Stack",
        call -> {
          List<Value> parts = values(call);
          int rank = parts.getFirst().shape().rank() + 1;
          int axis = call.config().integer("axis", 0);
          return call.emit()
              .node(
                  new Pack(parts.size(), axis < 0 ? axis + rank : axis),
                  parts.toArray(new Value[0]));
        });
    table.put("Split", KerasShapeOperations::split);
    table.put("Unstack", KerasShapeOperations::unstack);
    table.value("GetItem", KerasShapeOperations::getItem);
    table.value("Slice", KerasShapeOperations::slice);
    table.value(
        "Repeat",
        call ->
            ReshapingLayers.repeat(
                call.emit(),
                KerasOperations.x(call),
                call.config().integer("axis"),
                call.config().integer("repeats")));
    table.value(
        "Tile",
        call -> {
          Value x = KerasOperations.x(call);
          int[] repeats = call.config().integers("repeats");
          int rank = x.shape().rank();
          for (int i = rank; i < repeats.length; i++) {
            x = call.emit().expandDims(x, 0);
          }
          int[] all = new int[x.shape().rank()];
          Arrays.fill(all, 1);
          System.arraycopy(repeats, 0, all, all.length - repeats.length, repeats.length);
          return call.emit().tile(x, all);
        });
    table.value("Pad", KerasShapeOperations::pad);
    table.value(
        "Flip",
        call -> {
          Value x = KerasOperations.x(call);
          int @Nullable [] axes = KerasOperations.axes(call, "axis");
          for (int axis : axes == null ? Emitter.axesFrom(x, 0) : axes) {
            x = call.emit().reverse(x, axis);
          }
          return x;
        });
    table.value("Roll", KerasShapeOperations::roll);
    table.value("BroadcastTo", KerasShapeOperations::broadcastTo);
    table.value(
        "Take",
        call -> {
          Emitter e = call.emit();
          Value x = KerasOperations.x(call);
          Value indices = KerasOperations.operand(call, 1, "indices", e.scalar(0));
          Value source = call.config().has("axis") ? x : e.reshape(x, -1);
          int axis = call.config().has("axis") ? Emitter.axis(x, call.config().integer("axis")) : 0;
          Value places = PreprocessingLayers.indices(e, fromEnd(e, source, indices, axis));
          return e.gather(source, places, axis);
        });
    table.value(
        "DepthToSpace",
        call ->
            ConvolutionLayers.channelsLast(
                call,
                KerasOperations.x(call),
                y ->
                    call.emit()
                        .node(
                            new dev.whittle.ir.op.shape.DepthToSpace(
                                call.config().integer("block_size")),
                            y)));
    table.value(
        "SpaceToDepth",
        call ->
            ConvolutionLayers.channelsLast(
                call,
                KerasOperations.x(call),
                y ->
                    call.emit()
                        .node(
                            new dev.whittle.ir.op.shape.SpaceToDepth(
                                call.config().integer("block_size")),
                            y)));
  }

  /** Indices of which constant negative ones count from the end. */
  private static Value fromEnd(Emitter e, Value source, Value indices, int axis) {
    Constant data = indices.data();
    int dimension = source.shape().dim(axis);
    if (data == null || !indices.type().isInteger()) {
      return indices;
    }
    var known = new Tensor(indices.type(), indices.shape().toArray(), null, data.bytes());
    int[] places = new int[Math.toIntExact(known.elements())];
    boolean negative = false;
    for (int i = 0; i < places.length; i++) {
      places[i] = Math.toIntExact(known.getInteger(i));
      negative |= places[i] < 0;
    }
    if (!negative) {
      return indices;
    }
    if (dimension == Shape.DYNAMIC) {
      throw OperandException.unsupported("indices from the end of an open dimension");
    }
    for (int i = 0; i < places.length; i++) {
      places[i] += places[i] < 0 ? dimension : 0;
    }
    return e.constant("indices", Tensor.of(places, known.dims()));
  }

  private static List<Value> values(LayerCall call) {
    return call.tensors().stream().map(Argument.OfTensor::value).toList();
  }

  private static Value concatenate(Emitter e, int axis, List<Value> parts) {
    if (parts.isEmpty()) {
      throw OperandException.invalid("concatenates nothing");
    }
    List<Value> typed = new ArrayList<>();
    for (Value part : parts) {
      typed.add(e.promote(part, parts.getFirst()).getFirst());
    }
    return e.concat(axis, typed);
  }

  private static Value reshape(LayerCall call, String key) {
    Value x = KerasOperations.x(call);
    int[] stated = new int[call.config().list(key).size()];
    List<?> list = call.config().list(key);
    int open = 0;
    for (int i = 0; i < stated.length; i++) {
      stated[i] = list.get(i) instanceof Long n ? n.intValue() : -1;
      open += stated[i] == -1 ? 1 : 0;
    }
    boolean batched = stated.length > 0 && stated[0] == -1 && open > 1;
    if (batched) {
      stated[0] = Emitter.SAME;
    }
    if (stated.length > 0 && stated[0] == -1 && open == 1) {
      // Only the batch is left open: samples keep their size.
      int rest = Arrays.stream(x.shape().toArray()).skip(1).reduce(1, (a, b) -> a * b);
      int given = Arrays.stream(stated).skip(1).reduce(1, (a, b) -> a * b);
      stated[0] = rest == given && x.shape().dim(0) != Shape.DYNAMIC ? x.shape().dim(0) : -1;
    }
    return call.emit().reshape(x, stated);
  }

  private static Value moveAxes(LayerCall call) {
    Value x = KerasOperations.x(call);
    int rank = x.shape().rank();
    int[] from =
        Arrays.stream(call.config().integers("source")).map(a -> Emitter.axis(x, a)).toArray();
    int[] to =
        Arrays.stream(call.config().integers("destination")).map(a -> Emitter.axis(x, a)).toArray();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < rank; i++) {
      int axis = i;
      if (Arrays.stream(from).noneMatch(a -> a == axis)) {
        order.add(i);
      }
    }
    IntStream.range(0, to.length)
        .boxed()
        .sorted((a, b) -> Integer.compare(to[a], to[b]))
        .forEach(i -> order.add(to[i], from[i]));
    return call.emit().transpose(x, order.stream().mapToInt(Integer::intValue).toArray());
  }

  private static Value squeeze(LayerCall call) {
    Value x = KerasOperations.x(call);
    int @Nullable [] axes = KerasOperations.axes(call, "axis");
    int[] gone =
        axes == null
            ? IntStream.range(0, x.shape().rank()).filter(i -> x.shape().dim(i) == 1).toArray()
            : axes;
    return gone.length == 0 ? x : call.emit().squeeze(x, gone);
  }

  private static Argument split(LayerCall call) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    int axis = Emitter.axis(x, call.config().integer("axis", 0));
    Object stated = call.config().get("indices_or_sections");
    List<Value> parts;
    if (stated instanceof List<?>) {
      int[] ends = call.config().integers("indices_or_sections");
      int dimension = call.dimension(x, axis);
      int[] sizes = new int[ends.length + 1];
      int from = 0;
      for (int i = 0; i < sizes.length; i++) {
        int to = i < ends.length ? ends[i] : dimension;
        sizes[i] = to - from;
        from = to;
      }
      parts =
          e.nodes(
              sizes.length,
              new SplitV(sizes.length),
              x,
              e.ints(sizes),
              e.constant("axis", Tensor.of(new int[] {axis})));
    } else {
      parts = e.split(x, axis, call.config().integer("indices_or_sections"));
    }
    return new Argument.OfList(parts.stream().map(Argument::of).toList());
  }

  private static Argument unstack(LayerCall call) {
    Value x = KerasOperations.x(call);
    int axis = Emitter.axis(x, call.config().integer("axis", 0));
    int count = call.dimension(x, axis);
    List<Argument> parts = new ArrayList<>();
    call.emit()
        .nodes(count, new dev.whittle.ir.op.shape.Unpack(count, axis), x)
        .forEach(part -> parts.add(Argument.of(part)));
    return new Argument.OfList(parts);
  }

  /** Python's indexing: numbers, slices, None and dots; or one tensor of indices. */
  private static Value getItem(LayerCall call) {
    Value x = KerasOperations.x(call);
    Argument key = call.argument(1, "key");
    if (key == null) {
      key = new Argument.Literal(null);
    }
    if (key instanceof Argument.OfTensor indices) {
      return call.emit().gather(x, PreprocessingLayers.indices(call.emit(), indices.value()), 0);
    }
    return index(call, x, key instanceof Argument.OfList list ? list.items() : List.of(key));
  }

  static Value index(LayerCall call, Value x, List<Argument> keys) {
    int rank = x.shape().rank();
    long real = keys.stream().filter(k -> !isNone(k) && !isDots(k)).count();
    int[] begin = new int[rank];
    int[] end = new int[rank];
    int[] step = new int[rank];
    Arrays.fill(step, 1);
    int beginMask = (1 << rank) - 1;
    int endMask = beginMask;
    int shrink = 0;
    List<Integer> added = new ArrayList<>();
    int axis = 0;
    int place = 0;
    for (Argument key : keys) {
      if (isDots(key)) {
        int skipped = (int) (rank - real);
        axis += skipped;
        place += skipped;
      } else if (isNone(key)) {
        added.add(place++);
      } else if (axis >= rank) {
        throw OperandException.invalid("too many indices for %s", x.shape());
      } else if (key instanceof Argument.OfSlice slice) {
        Integer from = number(slice.start());
        Integer to = number(slice.stop());
        Integer by = number(slice.step());
        step[axis] = by == null ? 1 : by;
        if (from != null) {
          begin[axis] = from;
          beginMask &= ~(1 << axis);
        }
        if (to != null) {
          end[axis] = to;
          endMask &= ~(1 << axis);
        }
        axis++;
        place++;
      } else {
        Integer at = number(key);
        if (at == null) {
          throw OperandException.unsupported("an index that is neither a number nor a slice");
        }
        begin[axis] = at;
        end[axis] = at + 1;
        beginMask &= ~(1 << axis);
        endMask = at == -1 ? endMask : endMask & ~(1 << axis);
        shrink |= 1 << axis;
        axis++;
      }
    }
    Emitter e = call.emit();
    boolean whole =
        beginMask == (1 << rank) - 1
            && endMask == beginMask
            && shrink == 0
            && Arrays.stream(step).allMatch(s -> s == 1);
    Value y =
        whole
            ? x
            : e.node(
                new StridedSlice(beginMask, endMask, 0, 0, shrink, false),
                x,
                e.ints(begin),
                e.ints(end),
                e.ints(step));
    for (int at : added) {
      y = e.expandDims(y, at);
    }
    return y;
  }

  private static boolean isNone(Argument key) {
    return key instanceof Argument.Literal literal && literal.value() == null;
  }

  private static boolean isDots(Argument key) {
    return key instanceof Argument.Ellipsis
        || (key instanceof Argument.Literal literal && "...".equals(literal.value()))
        || (key instanceof Argument.Literal l && "Ellipsis".equals(l.value()));
  }

  private static @Nullable Integer number(Argument argument) {
    return argument instanceof Argument.Literal literal && literal.value() instanceof Long n
        ? Integer.valueOf(n.intValue())
        : null;
  }

  private static Value slice(LayerCall call) {
    Value x = KerasOperations.x(call);
    int[] shape = call.config().integers("shape");
    Argument starts = call.argument(1, "start_indices");
    Emitter e = call.emit();
    Value begin =
        starts instanceof Argument.OfTensor t
            ? e.cast(t.value(), TensorType.INT32)
            : KerasOperations.operand(call, 1, "start_indices", e.scalar(0));
    return e.node(new dev.whittle.ir.op.shape.Slice(), x, begin, e.ints(shape));
  }

  private static Value pad(LayerCall call) {
    Value x = KerasOperations.x(call);
    int[] margins = margins(call.config(), x.shape().rank());
    String mode = call.config().string("mode", "constant");
    Emitter e = call.emit();
    if (mode.equals("constant")) {
      Argument fill = call.argument(1, "constant_values");
      double value =
          fill instanceof Argument.Literal l && l.value() instanceof Number n
              ? n.doubleValue()
              : call.config().real("constant_values", 0);
      return value == 0 ? e.pad(x, margins) : e.pad(x, value, margins);
    }
    if (!mode.equals("reflect") && !mode.equals("symmetric")) {
      throw OperandException.unsupported("padding of the mode '%s'", mode);
    }
    return e.node(
        new MirrorPad(mode.equals("symmetric")),
        x,
        e.constant("paddings", Tensor.of(margins, margins.length / 2, 2)));
  }

  private static int[] margins(Config config, int rank) {
    float[] stated = config.reals("pad_width");
    int[] margins = new int[2 * rank];
    for (int i = 0; i < margins.length; i++) {
      margins[i] =
          (int)
              (stated.length == margins.length
                  ? stated[i]
                  : stated[stated.length == 1 ? 0 : i % 2]);
    }
    return margins;
  }

  private static Value roll(LayerCall call) {
    Value x = KerasOperations.x(call);
    Emitter e = call.emit();
    int[] shifts = call.config().integers("shift");
    int @Nullable [] stated = KerasOperations.axes(call, "axis");
    if (stated == null) {
      throw OperandException.unsupported("rolling over all axes at once");
    }
    for (int i = 0; i < stated.length; i++) {
      int axis = Emitter.axis(x, stated[i]);
      int dimension = call.dimension(x, axis);
      int shift = Math.floorMod(shifts[Math.min(i, shifts.length - 1)], dimension);
      if (shift != 0) {
        Value end = e.slice(x, axis, dimension - shift, Integer.MAX_VALUE);
        x = e.concat(axis, List.of(end, e.slice(x, axis, 0, dimension - shift)));
      }
    }
    return x;
  }

  private static Value broadcastTo(LayerCall call) {
    Value x = KerasOperations.x(call);
    List<?> stated = call.config().list("shape");
    int[] dims = new int[stated.size()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = stated.get(i) instanceof Long n && n >= 0 ? n.intValue() : Shape.DYNAMIC;
    }
    if (Arrays.stream(dims).anyMatch(d -> d == Shape.DYNAMIC) && dims.length != x.shape().rank()) {
      throw OperandException.unsupported("broadcasting to an open shape of another rank");
    }
    return call.emit().node(new BroadcastTo(), x, call.emit().shapeLike(x, dims));
  }
}
