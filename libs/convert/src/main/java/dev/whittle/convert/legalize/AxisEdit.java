package dev.whittle.convert.legalize;

import static dev.whittle.ir.tensor.Shape.DYNAMIC;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.shape.Slice;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An operator that changes some axes of its operand, each independently of the others. */
interface AxisEdit {
  /** Returns whether the operator may change an axis. */
  boolean changes(int axis);

  /**
   * Applies the operator to an operand whose unchanged axes may be merged.
   *
   * @param axes the original axis of each axis of {@code x}; -1 for one to leave alone
   */
  Value apply(Emitter emit, Value x, int[] axes);

  /** A SLICE; a size of -1 reaches to the end of the axis. */
  static AxisEdit slice(Shape shape, int[] begin, int[] size) {
    return new AxisEdit() {
      @Override
      public boolean changes(int axis) {
        return begin[axis] != 0 || (size[axis] != -1 && size[axis] != shape.dim(axis));
      }

      @Override
      public Value apply(Emitter emit, Value x, int[] axes) {
        int[] begins = new int[axes.length];
        int[] sizes = new int[axes.length];
        for (int i = 0; i < axes.length; i++) {
          begins[i] = axes[i] < 0 ? 0 : begin[axes[i]];
          sizes[i] = axes[i] < 0 ? -1 : size[axes[i]];
        }
        return emit.node(new Slice(), x, emit.ints(begins), emit.ints(sizes));
      }
    };
  }

  /**
   * Padding with a constant.
   *
   * @param op PAD or PADV2
   * @param padding the sizes before and after each axis
   * @param value the padding value of PADV2; null for PAD
   */
  static AxisEdit pad(Op op, int[] padding, @Nullable Tensor value) {
    return new AxisEdit() {
      @Override
      public boolean changes(int axis) {
        return padding[2 * axis] != 0 || padding[2 * axis + 1] != 0;
      }

      @Override
      public Value apply(Emitter emit, Value x, int[] axes) {
        Tensor sizes = Tensor.allocate(TensorType.INT32, axes.length, 2);
        for (int i = 0; i < axes.length; i++) {
          if (axes[i] >= 0) {
            sizes.setInt(2L * i, padding[2 * axes[i]]);
            sizes.setInt(2L * i + 1, padding[2 * axes[i] + 1]);
          }
        }
        Value paddings = emit.constant("padding", sizes);
        return value == null
            ? emit.node(op, x, paddings)
            : emit.node(op, x, paddings, emit.constant("value", value));
      }
    };
  }

  /** The subscript of an axis; an index is the range of this one element. */
  record Subscript(int begin, int end, int step, boolean fromStart, boolean toEnd) {
    static final Subscript WHOLE = new Subscript(0, 0, 1, true, true);

    static Subscript index(int index) {
      return new Subscript(index, index + 1, 1, false, index == -1);
    }

    boolean isWhole() {
      return fromStart && toEnd && step == 1;
    }
  }

  /**
   * A STRIDED_SLICE without the dimensions of size 1 that it inserts, and with those that it
   * removes. Null for ends that are relative to begins.
   */
  static @Nullable AxisEdit strided(StridedSlice op, int rank, int[] begin, int[] end, int[] step) {
    List<Subscript> subscripts = new ArrayList<>();
    int inserted = Integer.bitCount(op.newAxisMask() & ~op.ellipsisMask());
    int listed = begin.length - inserted - Integer.bitCount(op.ellipsisMask());
    for (int i = 0; i < begin.length; i++) {
      int bit = 1 << i;
      if ((op.ellipsisMask() & bit) != 0) {
        for (int rest = rank - listed; rest > 0; rest--) {
          subscripts.add(Subscript.WHOLE);
        }
      } else if ((op.newAxisMask() & bit) == 0) {
        boolean fromStart = (op.beginMask() & bit) != 0;
        boolean toEnd = (op.endMask() & bit) != 0;
        subscripts.add(
            (op.shrinkAxisMask() & bit) != 0
                ? Subscript.index(fromStart ? 0 : begin[i])
                : new Subscript(begin[i], end[i], step[i], fromStart, toEnd));
      }
    }
    while (subscripts.size() < rank) {
      subscripts.add(Subscript.WHOLE);
    }
    return op.offset() || subscripts.size() > rank ? null : strided(subscripts);
  }

  private static AxisEdit strided(List<Subscript> subscripts) {
    return new AxisEdit() {
      @Override
      public boolean changes(int axis) {
        return !subscripts.get(axis).isWhole();
      }

      @Override
      public Value apply(Emitter emit, Value x, int[] axes) {
        int[] begin = new int[axes.length];
        int[] end = new int[axes.length];
        int[] step = new int[axes.length];
        int beginMask = 0;
        int endMask = 0;
        for (int i = 0; i < axes.length; i++) {
          Subscript subscript = axes[i] < 0 ? Subscript.WHOLE : subscripts.get(axes[i]);
          begin[i] = subscript.begin;
          end[i] = subscript.end;
          step[i] = subscript.step;
          beginMask |= subscript.fromStart ? 1 << i : 0;
          endMask |= subscript.toEnd ? 1 << i : 0;
        }
        return emit.node(
            new StridedSlice(beginMask, endMask, 0, 0, 0, false),
            x,
            emit.ints(begin),
            emit.ints(end),
            emit.ints(step));
      }
    };
  }

  /**
   * Applies the operator with unchanged axes merged, to as many axes at a time as the dimensions
   * allow.
   *
   * @param maxRank the most dimensions of the operator, at least 3
   * @param out the shape of the result, with at most one unknown dimension, as {@code x} has
   */
  default Value applyMerged(Emitter emit, Value x, int maxRank, Shape out) {
    int[] dims = x.shape().toArray();
    List<Integer> left = new ArrayList<>();
    for (int axis = 0; axis < dims.length; axis++) {
      if (changes(axis)) {
        left.add(axis);
      }
    }
    Value result = x;
    while (!left.isEmpty()) {
      int count = left.size();
      int[] axes = merged(dims.length, left);
      while (axes.length > maxRank) {
        axes = merged(dims.length, left.subList(0, --count));
      }
      result = apply(emit, emit.reshape(result, sizes(dims, axes)), axes);
      for (int i = 0; i < axes.length; i++) {
        if (axes[i] >= 0) {
          dims[axes[i]] = result.shape().dim(i);
        }
      }
      left = left.subList(count, left.size());
    }
    return emit.reshape(result, out.toArray());
  }

  /** Returns the axes to edit, and -1 for each run of others. */
  private static int[] merged(int rank, List<Integer> edited) {
    List<Integer> axes = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      if (edited.contains(axis)) {
        axes.add(axis);
      } else if (axes.isEmpty() || axes.getLast() >= 0) {
        axes.add(-1);
      }
    }
    return axes.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int[] sizes(int[] dims, int[] axes) {
    int[] sizes = new int[axes.length];
    int next = 0;
    for (int i = 0; i < axes.length; i++) {
      int end = axes[i] >= 0 ? axes[i] + 1 : i + 1 < axes.length ? axes[i + 1] : dims.length;
      sizes[i] = 1;
      for (; next < end; next++) {
        sizes[i] =
            sizes[i] == DYNAMIC || dims[next] == DYNAMIC
                ? DYNAMIC
                : Math.multiplyExact(sizes[i], dims[next]);
      }
    }
    return sizes;
  }
}
