package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Strided slices, with new axes, removed axes and ellipses. */
final class TensorFlowSliceOperations {
  private static final int MAX_SLICED_RANK = 5;

  private TensorFlowSliceOperations() {}

  /** Returns a slice with the masks of an operation. */
  static StridedSlice masks(TfNode node) {
    return new StridedSlice(
        (int) node.integer("begin_mask", 0),
        (int) node.integer("end_mask", 0),
        (int) node.integer("ellipsis_mask", 0),
        (int) node.integer("new_axis_mask", 0),
        (int) node.integer("shrink_axis_mask", 0),
        false);
  }

  static List<Item> stridedSlice(OperationCall call) {
    StridedSlice op = masks(call.node());
    if (op.ellipsisMask() != 0 && call.x().shape().isRankKnown()) {
      Value whole = withoutEllipsis(call, op);
      if (whole != null) {
        return List.of(Item.of(whole));
      }
    }
    Integer item = itemOfMany(call, op);
    if (item != null) {
      Emitter emit = call.emit();
      return List.of(Item.of(emit.gather(call.x(), emit.scalar(item), 0)));
    }
    Value y = call.emit().node(op, call.x(), call.narrow(1), call.narrow(2), call.narrow(3));
    return List.of(new Item.Tensor(y, sliced(call, op)));
  }

  /**
   * Returns the item that a slice takes along the first axis, if the rank exceeds that of the
   * native kernel; else null.
   */
  private static @Nullable Integer itemOfMany(OperationCall call, StridedSlice op) {
    Shape shape = call.x().shape();
    List<@Nullable Long> begin = call.known(1);
    Long first = begin == null || begin.size() != 1 ? null : begin.getFirst();
    boolean fits =
        shape.isRankKnown()
            && shape.rank() > MAX_SLICED_RANK
            && op.shrinkAxisMask() == 1
            && op.newAxisMask() == 0;
    if (!fits || first == null || (first < 0 && shape.dim(0) == Shape.DYNAMIC)) {
      return null;
    }
    return wrapped(first.intValue(), shape.dim(0));
  }

  /**
   * Replaces an ellipsis by full axes, since the native kernel misreads an ellipsis of no axes.
   *
   * @return null if the bounds are computed
   */
  private static @Nullable Value withoutEllipsis(OperationCall call, StridedSlice op) {
    for (int i = 1; i <= 3; i++) {
      List<@Nullable Long> known = call.known(i);
      if (known == null || known.contains(null)) {
        return null;
      }
    }
    int[] begin = call.integers(1);
    int[] end = call.integers(2);
    int[] step = call.integers(3);
    int place = Integer.numberOfTrailingZeros(op.ellipsisMask());
    int newAxes = Integer.bitCount(op.newAxisMask() & ~op.ellipsisMask());
    int whole = Emitter.rank(call.x()) - (begin.length - 1 - newAxes);
    if (whole < 0 || place >= begin.length) {
      throw OperandException.invalid("a slice of more axes than there are");
    }
    int wholeMask = ((1 << whole) - 1) << place;
    var plain =
        new StridedSlice(
            widened(op.beginMask(), place, whole) | wholeMask,
            widened(op.endMask(), place, whole) | wholeMask,
            0,
            widened(op.newAxisMask(), place, whole),
            widened(op.shrinkAxisMask(), place, whole),
            false);
    Emitter emit = call.emit();
    return emit.node(
        plain,
        call.x(),
        emit.ints(widened(begin, place, whole, 0)),
        emit.ints(widened(end, place, whole, 0)),
        emit.ints(widened(step, place, whole, 1)));
  }

  /** Replaces one bit of a mask by several clear bits. */
  private static int widened(int mask, int place, int count) {
    int below = mask & ((1 << place) - 1);
    return below | mask >>> (place + 1) << (place + count);
  }

  private static int[] widened(int[] list, int place, int count, int filler) {
    int[] wide = new int[list.length - 1 + count];
    System.arraycopy(list, 0, wide, 0, place);
    Arrays.fill(wide, place, place + count, filler);
    System.arraycopy(list, place + 1, wide, place + count, list.length - place - 1);
    return wide;
  }

  private static @Nullable List<@Nullable Long> sliced(OperationCall call, StridedSlice op) {
    List<@Nullable Long> from = call.known(0);
    boolean plain =
        from != null
            && call.x().shape().isRankKnown()
            && Emitter.rank(call.x()) == 1
            && op.ellipsisMask() == 0
            && op.newAxisMask() == 0;
    if (!plain
        || from == null
        || !isSingle(call.known(1))
        || !isSingle(call.known(2))
        || !isSingle(call.known(3))) {
      return null;
    }
    int step = call.integers(3)[0];
    int size = from.size();
    int begin = wrapped(call.integers(1)[0], size);
    if ((op.shrinkAxisMask() & 1) != 0) {
      return begin < 0 || begin >= size ? null : Item.single(from.get(begin));
    }
    if (step != 1) {
      return null;
    }
    int first = (op.beginMask() & 1) != 0 ? 0 : Math.clamp(begin, 0, size);
    int end =
        (op.endMask() & 1) != 0 ? size : Math.clamp(wrapped(call.integers(2)[0], size), 0, size);
    return new ArrayList<>(from.subList(Math.min(first, end), end));
  }

  private static boolean isSingle(@Nullable List<@Nullable Long> known) {
    return known != null && known.size() == 1 && known.getFirst() != null;
  }

  private static int wrapped(int index, int size) {
    return index < 0 ? index + size : index;
  }
}
