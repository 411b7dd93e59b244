package dev.whittle.convert.keras;

import dev.whittle.convert.lower.Diagonals;
import dev.whittle.convert.lower.Emitter;
import dev.whittle.convert.lower.Indexing;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.DynamicUpdateSlice;
import dev.whittle.ir.op.shape.Slice;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code keras.ops}: slicing, gathering, and encoding of indices. */
final class KerasIndexOperations {
  private KerasIndexOperations() {}

  static void register(KerasTable table) {
    table.value("GetItem", KerasIndexOperations::getItem);
    table.value("Slice", KerasIndexOperations::slice);
    table.value("SliceUpdate", KerasIndexOperations::sliceUpdate);
    table.value("Take", KerasIndexOperations::take);
    table.value("TakeAlongAxis", KerasIndexOperations::takeAlongAxis);
    table.value("Diagonal", KerasIndexOperations::diagonal);
    table.value("Diag", KerasIndexOperations::diag);
    table.value("Diagflat", KerasIndexOperations::diagflat);
    table.value("Trace", KerasIndexOperations::trace);
    table.value("OneHot", KerasIndexOperations::oneHot);
    table.value("MultiHot", KerasIndexOperations::multiHot);
    table.value("Tril", call -> triangle(call, true));
    table.value("Triu", call -> triangle(call, false));
  }

  /** Lowers Python's indexing: by numbers, slices, None and ellipses, or by a tensor of indices. */
  private static Value getItem(LayerCall call) {
    Value x = KerasOperations.x(call);
    Argument key = call.argument(1, "key");
    if (key == null) {
      key = new Argument.Literal(null);
    }
    if (key instanceof Argument.OfTensor indices) {
      return call.emit().gather(x, Indexing.indices(call.emit(), indices.value()), 0);
    }
    return index(call, x, key instanceof Argument.OfList list ? list.items() : List.of(key));
  }

  static Value index(LayerCall call, Value x, List<Argument> keys) {
    int rank = Emitter.rank(x);
    long indexed = keys.stream().filter(k -> !isNone(k) && !isEllipsis(k)).count();
    int[] begin = new int[rank];
    int[] end = new int[rank];
    int[] step = new int[rank];
    Arrays.fill(step, 1);
    int beginMask = (1 << rank) - 1;
    int endMask = beginMask;
    int shrink = 0;
    List<Integer> added = new ArrayList<>();
    int axis = 0;
    int resultAxis = 0;
    for (Argument key : keys) {
      if (isEllipsis(key)) {
        int skipped = (int) (rank - indexed);
        axis += skipped;
        resultAxis += skipped;
      } else if (isNone(key)) {
        added.add(resultAxis++);
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
        resultAxis++;
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
    boolean isIdentity =
        beginMask == (1 << rank) - 1
            && endMask == beginMask
            && shrink == 0
            && Arrays.stream(step).allMatch(s -> s == 1);
    Value y =
        isIdentity
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

  private static boolean isEllipsis(Argument key) {
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
    return e.node(new Slice(), x, begin, e.ints(shape));
  }

  private static Value take(LayerCall call) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    Value indices = KerasOperations.operand(call, 1, "indices", e.scalar(0));
    Value source = call.config().has("axis") ? x : e.reshape(x, -1);
    int axis = call.config().has("axis") ? Emitter.axis(x, call.config().integer("axis")) : 0;
    return e.gather(source, Indexing.indices(e, Indexing.fromEnd(e, source, indices, axis)), axis);
  }

  private static Value takeAlongAxis(LayerCall call) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    Value given = KerasOperations.operand(call, 1, "indices", e.scalar(0));
    Value indices = Indexing.indices(e, given);
    return call.config().has("axis")
        ? Indexing.takeAlongAxis(e, x, indices, call.config().integer("axis"))
        : Indexing.takeAlongAxis(e, e.reshape(x, -1), indices, 0);
  }

  // Diagonals.

  private static Value diagonal(LayerCall call) {
    return diagonal(call, KerasOperations.x(call));
  }

  private static Value diagonal(LayerCall call, Value x) {
    return Diagonals.along(
        call.emit(),
        x,
        call.config().integer("offset", 0),
        call.config().integer("axis1", 0),
        call.config().integer("axis2", 1));
  }

  /** The sum of a diagonal; of narrow integers as int32. */
  private static Value trace(LayerCall call) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    Value wide =
        switch (x.type()) {
          case BOOL, INT8, UINT8, INT16 -> e.cast(x, TensorType.INT32);
          default -> x;
        };
    return e.sum(diagonal(call, wide), false, -1);
  }

  private static Value diag(LayerCall call) {
    Value x = KerasOperations.x(call);
    int k = call.config().integer("k", 0);
    return switch (Emitter.rank(x)) {
      case 1 -> matrix(call, x, k);
      case 2 ->
          Diagonals.part(call.emit(), x, Diagonals.Band.of(k), call.emit().scalar(x.type(), 0));
      default -> throw OperandException.invalid("a diagonal of %s", x.shape());
    };
  }

  private static Value diagflat(LayerCall call) {
    Value flat = call.emit().reshape(KerasOperations.x(call), -1);
    return matrix(call, flat, call.config().integer("k", 0));
  }

  private static Value matrix(LayerCall call, Value x, int k) {
    Value zero = call.emit().scalar(x.type(), 0);
    return Diagonals.matrix(call.emit(), x, Diagonals.Band.of(k), -1, -1, zero);
  }

  private static Value oneHot(LayerCall call) {
    return Lookups.oneHot(
        call.emit(),
        Indexing.indices(call.emit(), KerasOperations.x(call)),
        call.config().integer("num_classes"),
        call.config().integer("axis", -1),
        TensorType.FLOAT32);
  }

  private static Value multiHot(LayerCall call) {
    return Lookups.encode(
        call.emit(),
        KerasOperations.x(call),
        "multi_hot",
        call.config().integer("num_classes"),
        TensorType.FLOAT32,
        null);
  }

  private static Value triangle(LayerCall call, boolean lower) {
    Emitter e = call.emit();
    Value x = KerasOperations.x(call);
    int rows = Emitter.fixedDimension(x, -2);
    int columns = Emitter.fixedDimension(x, -1);
    int k = call.config().integer("k", 0);
    Emitter.checkGenerated((long) rows * columns);
    Tensor kept = Tensor.allocate(TensorType.BOOL, rows, columns);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        kept.setBoolean((long) r * columns + c, lower ? c - r <= k : c - r >= k);
      }
    }
    return e.where(e.constant("kept", kept), x, e.scalar(x.type(), 0));
  }

  private static Value sliceUpdate(LayerCall call) {
    Emitter e = call.emit();
    Value start = KerasOperations.operand(call, 1, "start_indices", e.scalar(0));
    Value update = KerasOperations.operand(call, 2, "updates", null);
    Value x = KerasOperations.x(call);
    return e.node(
        new DynamicUpdateSlice(), x, e.cast(update, x.type()), e.cast(start, TensorType.INT32));
  }
}
