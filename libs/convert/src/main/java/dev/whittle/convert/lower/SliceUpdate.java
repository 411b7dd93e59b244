package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.DynamicUpdateSlice;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Assignments to strided slices, as Python's {@code x[begin:end:step] = update}. */
public final class SliceUpdate {
  private final Emitter emit;
  private final Value x;
  private final StridedSlice masks;
  private final Bounds begin;
  private final Bounds end;
  private final List<Long> steps;
  private final Value update;

  /** The subscript of each axis; -1 for an axis that is taken whole. */
  private final int[] subscripts;

  /** The axis of the update for each axis of x; -1 for an axis that an index removes. */
  private final int[] sources;

  /**
   * The begins or ends of subscripts.
   *
   * @param value int32, one number for each subscript
   * @param known the numbers, null for those that are computed; null if all are
   */
  public record Bounds(Value value, @Nullable List<@Nullable Long> known) {
    private @Nullable Long known(int subscript) {
      return known == null ? null : known.get(subscript);
    }
  }

  private SliceUpdate(
      Emitter emit,
      Value x,
      StridedSlice masks,
      Bounds begin,
      Bounds end,
      List<Long> steps,
      Value update) {
    this.emit = emit;
    this.x = x;
    this.masks = masks;
    this.begin = begin;
    this.end = end;
    this.steps = steps;
    this.update = update;
    int rank = Emitter.rank(x);
    subscripts = new int[rank];
    sources = new int[rank];
    Arrays.fill(subscripts, -1);
    int count = steps.size();
    int ellipsis =
        masks.ellipsisMask() == 0 ? count : Integer.numberOfTrailingZeros(masks.ellipsisMask());
    int inserted = Integer.bitCount(masks.newAxisMask() & ~masks.ellipsisMask());
    int whole = rank - (count - inserted - (ellipsis < count ? 1 : 0));
    int axis = 0;
    int source = 0;
    for (int i = 0; i <= count; i++) {
      if (i == ellipsis) {
        for (int n = 0; n < whole; n++) {
          sources[axis(axis++)] = source++;
        }
      } else if (i < count && has(masks.newAxisMask(), i)) {
        source++;
      } else if (i < count) {
        subscripts[axis(axis)] = i;
        sources[axis++] = has(masks.shrinkAxisMask(), i) ? -1 : source++;
      }
    }
    if (whole < 0 || source != Emitter.rank(update)) {
      throw OperandException.invalid(
          "an update %s of a slice with %d axes of %s", update.shape(), source, x.shape());
    }
  }

  private int axis(int axis) {
    if (axis >= subscripts.length) {
      throw OperandException.invalid("more subscripts than axes of %s", x.shape());
    }
    return axis;
  }

  private static boolean has(int mask, int bit) {
    return (mask >> bit & 1) != 0;
  }

  /**
   * Returns a tensor with a slice replaced.
   *
   * @param masks the masks of subscripts
   * @param steps the known steps
   * @param update the new contents, of the shape of the slice
   * @throws OperandException if the subscripts do not fit, or if the slice has gaps and computed
   *     bounds
   */
  public static Value apply(
      Emitter emit,
      Value x,
      StridedSlice masks,
      Bounds begin,
      Bounds end,
      List<Long> steps,
      Value update) {
    return new SliceUpdate(emit, x, masks, begin, end, steps, update).result();
  }

  private Value result() {
    return steps.stream().allMatch(step -> step == 1) ? block() : scattered();
  }

  /** Replaces adjacent elements. */
  private Value block() {
    if (subscripts.length == 0) {
      return update;
    }
    List<Value> starts = new ArrayList<>();
    List<Integer> inserted = new ArrayList<>();
    Value part = update;
    for (int axis = 0; axis < subscripts.length; axis++) {
      starts.add(start(axis));
      if (sources[axis] < 0) {
        inserted.add(axis);
      }
    }
    for (int source = Emitter.rank(update) - 1; source >= 0; source--) {
      int place = source;
      if (Arrays.stream(sources).noneMatch(s -> s == place)) {
        part = emit.squeeze(part, source);
      }
    }
    for (int axis : inserted) {
      part = emit.expandDims(part, axis);
    }
    Value start = emit.concat(0, starts);
    return emit.narrow(emit.node(new DynamicUpdateSlice(), x, part, start), x.shape());
  }

  /** Returns the first index along an axis as a list of one number. */
  private Value start(int axis) {
    int subscript = subscripts[axis];
    boolean isIndex = sources[axis] < 0;
    if (subscript < 0 || (has(masks.beginMask(), subscript) && !isIndex)) {
      return emit.ints(0);
    }
    Long known = begin.known(subscript);
    int size = Emitter.dim(x, axis);
    if (known != null && (known >= 0 || size != Shape.DYNAMIC)) {
      long first = known < 0 ? known + size : known;
      boolean fits = first >= 0 && (size == Shape.DYNAMIC || first < size || !isIndex);
      if (!fits && isIndex) {
        throw OperandException.invalid("index %d is outside axis %d of %s", known, axis, x.shape());
      }
      return emit.ints(Math.toIntExact(Math.max(0, first)));
    }
    Value stated = emit.slice(begin.value, 0, subscript, subscript + 1);
    Value isNegative = emit.node(new Less(), stated, emit.scalar(0));
    return emit.add(
        stated, emit.mul(emit.cast(isNegative, TensorType.INT32), emit.dimension(x, axis)));
  }

  /** Replaces single elements, at places that follow from known bounds. */
  private Value scattered() {
    int[] dims = Emitter.dims(x);
    if (!x.shape().isStatic()) {
      throw OperandException.unsupported(
          "an assignment to a slice with steps, of a tensor %s", x.shape());
    }
    Emitter.checkGenerated(x.shape().elements());
    List<Integer> places = new ArrayList<>(List.of(0));
    for (int axis = 0; axis < dims.length; axis++) {
      List<Integer> longer = new ArrayList<>();
      for (int place : places) {
        for (int index : indices(axis, dims[axis])) {
          longer.add(place * dims[axis] + index);
        }
      }
      places = longer;
    }
    if (update.shape().isStatic() && update.shape().elements() != places.size()) {
      throw OperandException.invalid(
          "an update %s of a slice of %d elements", update.shape(), places.size());
    }
    if (places.isEmpty()) {
      return x;
    }
    int[] table = places.stream().mapToInt(Integer::intValue).toArray();
    Value flat =
        Scattering.update(
            emit,
            emit.reshape(x, -1),
            emit.constant("places", Tensor.of(table, table.length, 1)),
            emit.reshape(update, table.length));
    return emit.reshape(flat, dims);
  }

  /** Returns the indices along an axis, as Python clamps them. */
  private List<Integer> indices(int axis, int size) {
    int subscript = subscripts[axis];
    long step = subscript < 0 ? 1 : steps.get(subscript);
    if (step == 0) {
      throw OperandException.invalid("a step of 0");
    }
    boolean isIndex = sources[axis] < 0;
    long low = step > 0 ? 0 : -1;
    long high = step > 0 ? size : size - 1L;
    long from = step > 0 ? low : high;
    long to = step > 0 ? high : low;
    if (subscript >= 0) {
      if (isIndex || !has(masks.beginMask(), subscript)) {
        from = Math.clamp(wrapped(begin, subscript, size), low, high);
      }
      if (isIndex) {
        to = from + 1;
        step = 1;
      } else if (!has(masks.endMask(), subscript)) {
        to = Math.clamp(wrapped(end, subscript, size), low, high);
      }
    }
    List<Integer> indices = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      indices.add((int) i);
    }
    return indices;
  }

  private static long wrapped(Bounds bounds, int subscript, int size) {
    Long known = bounds.known(subscript);
    if (known == null) {
      throw OperandException.unsupported("an assignment to a slice with steps and computed bounds");
    }
    return known < 0 ? known + size : known;
  }
}
