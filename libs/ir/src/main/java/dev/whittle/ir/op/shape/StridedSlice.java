package dev.whittle.ir.op.shape;

import dev.whittle.ir.OpType;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Options;
import dev.whittle.ir.QuantizationRule;
import dev.whittle.ir.kernel.Invocation;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.common.Shapes;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import dev.whittle.ir.tensor.TypedShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * A strided slice of operand 0, as Python's {@code x[begin:end:step]}. Operands 1 to 3 contain the
 * begin, end and step of each subscript. Bit i of a mask concerns subscript i.
 *
 * @param beginMask the subscripts that begin at the start of their axis
 * @param endMask the subscripts that end at the end of their axis
 * @param ellipsisMask the subscript that is an ellipsis: all axes without subscripts
 * @param newAxisMask the subscripts that insert a dimension of size 1
 * @param shrinkAxisMask the subscripts that are an index, whose axis is removed
 * @param offset whether ends are relative to begins
 */
public record StridedSlice(
    int beginMask,
    int endMask,
    int ellipsisMask,
    int newAxisMask,
    int shrinkAxisMask,
    boolean offset)
    implements StridedViewOp {
  public static final OpType<StridedSlice> TYPE =
      OpType.of("STRIDED_SLICE", 45, "StridedSliceOptions", 4, 1, StridedSlice::decode);

  /** Stands for a step that is not known, so that a whole axis may not be taken whole. */
  private static final int UNKNOWN_STEP = 2;

  private static StridedSlice decode(Options options) {
    return new StridedSlice(
        options.integer("begin_mask", 0),
        options.integer("end_mask", 0),
        options.integer("ellipsis_mask", 0),
        options.integer("new_axis_mask", 0),
        options.integer("shrink_axis_mask", 0),
        options.flag("offset", false));
  }

  @Override
  public OpType<StridedSlice> type() {
    return TYPE;
  }

  @Override
  public Options options() {
    return Options.of(TYPE.optionTable())
        .with("begin_mask", beginMask)
        .with("end_mask", endMask)
        .with("ellipsis_mask", ellipsisMask)
        .with("new_axis_mask", newAxisMask)
        .with("shrink_axis_mask", shrinkAxisMask)
        .with("offset", offset);
  }

  /**
   * The part of an axis that a subscript selects.
   *
   * @param axis the axis of the operand; -1 for an inserted dimension
   * @param begin the first index
   * @param step the distance of indices
   * @param count the number of indices
   * @param shrink whether the axis is removed
   */
  private record Range(int axis, long begin, long step, int count, boolean shrink) {}

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    long[] begin = operands.knownIntegers(1);
    long[] end = operands.knownIntegers(2);
    long[] step = operands.knownIntegers(3);
    Shape subscripts = operands.shape(1);
    boolean known = begin != null && end != null && step != null;
    boolean counted = subscripts.isStatic() && subscripts.rank() == 1;
    if (!shape.isRankKnown() || (!known && !counted)) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    List<Integer> dims = new ArrayList<>();
    List<Range> ranges =
        begin != null && end != null && step != null
            ? ranges(shape, begin, end, step, true)
            : openRanges(shape, subscripts.dim(0), step);
    for (Range range : ranges) {
      if (!range.shrink) {
        dims.add(range.count);
      }
    }
    Shape slice = Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
    return List.of(new TypedShape(operands.type(0), slice));
  }

  /** Returns the ranges of computed subscripts, most of whose counts are dynamic. */
  private List<Range> openRanges(Shape shape, int subscripts, long @Nullable [] step) {
    long[] steps = step == null ? new long[subscripts] : step;
    if (step == null) {
      Arrays.fill(steps, UNKNOWN_STEP);
    }
    return ranges(shape, new long[subscripts], new long[subscripts], steps, false);
  }

  private List<Range> ranges(
      Shape shape, long[] begin, long[] end, long[] step, boolean areBoundsKnown) {
    if (begin.length != end.length || begin.length != step.length || begin.length > 31) {
      throw OperandException.invalid(
          "%d begins, %d ends and %d steps; expected the same number, at most 31",
          begin.length, end.length, step.length);
    }
    List<Range> ranges = new ArrayList<>();
    int ellipsis = ellipsisMask == 0 ? -1 : Integer.numberOfTrailingZeros(ellipsisMask);
    int subscripts = 0;
    for (int i = 0; i < begin.length; i++) {
      subscripts += i == ellipsis || (has(newAxisMask, i) && i != ellipsis) ? 0 : 1;
    }
    if (subscripts > shape.rank()) {
      throw OperandException.invalid("%d subscripts for %s", subscripts, shape);
    }
    int axis = 0;
    for (int i = 0; i < begin.length; i++) {
      if (i == ellipsis) {
        for (int rest = shape.rank() - subscripts; rest > 0; rest--) {
          ranges.add(new Range(axis, 0, 1, shape.dim(axis), false));
          axis++;
        }
      } else if (has(newAxisMask, i)) {
        ranges.add(new Range(-1, 0, 1, 1, false));
      } else {
        boolean isWhole =
            has(beginMask, i) && has(endMask, i) && step[i] == 1 && !has(shrinkAxisMask, i);
        ranges.add(
            areBoundsKnown || isWhole
                ? range(shape, axis, i, begin[i], end[i], step[i])
                : new Range(axis, 0, 1, Shape.DYNAMIC, has(shrinkAxisMask, i)));
        axis++;
      }
    }
    while (axis < shape.rank()) {
      ranges.add(new Range(axis, 0, 1, shape.dim(axis), false));
      axis++;
    }
    return ranges;
  }

  private static boolean has(int mask, int i) {
    return (mask >> i & 1) != 0;
  }

  private Range range(Shape shape, int axis, int i, long begin, long end, long step) {
    if (step == 0) {
      throw OperandException.invalid("subscript %d has step 0", i);
    }
    int length = shape.dim(axis);
    if (has(shrinkAxisMask, i)) {
      if (length == Shape.DYNAMIC) {
        return new Range(axis, begin, 1, 1, true);
      }
      long index = begin < 0 ? begin + length : begin;
      if (index < 0 || index >= length) {
        throw OperandException.invalid("index %d is outside axis %d of %s", begin, axis, shape);
      }
      return new Range(axis, index, 1, 1, true);
    }
    if (length == Shape.DYNAMIC) {
      return new Range(axis, begin, step, Shape.DYNAMIC, false);
    }
    long first = has(beginMask, i) ? (step > 0 ? 0 : length - 1) : bound(begin, length, step);
    long stop = offset ? begin + end : end;
    long last = has(endMask, i) ? (step > 0 ? length : -1) : bound(stop, length, step);
    long count = Math.max(0, Math.ceilDiv(last - first, step));
    return new Range(axis, first, step, (int) count, false);
  }

  /**
   * Returns an index as NumPy clamps it: counted from 0, and within the axis or next to its end in
   * the direction of the step.
   */
  private static long bound(long index, int length, long step) {
    long resolved = index < 0 ? index + length : index;
    return step > 0
        ? Math.min(Math.max(resolved, 0), length)
        : Math.min(Math.max(resolved, -1), length - 1);
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(0) == TensorType.STRING) {
      return this::sliceStrings;
    }
    operands.type(0).requireWholeBytes();
    return StridedView.kernel(this);
  }

  @Override
  public StridedView view(Shape in, Shape out, IntFunction<long[]> contents) {
    List<Range> ranges = ranges(in, contents.apply(1), contents.apply(2), contents.apply(3), true);
    long[] strides = Shapes.strides(in.toArray());
    int[] counts = new int[ranges.size()];
    long[] viewStrides = new long[ranges.size()];
    long viewOffset = 0;
    for (int i = 0; i < counts.length; i++) {
      Range range = ranges.get(i);
      counts[i] = range.count;
      viewStrides[i] = range.axis < 0 ? 0 : range.step * strides[range.axis];
      viewOffset += range.axis < 0 ? 0 : range.begin * strides[range.axis];
    }
    return new StridedView(counts, viewStrides, viewOffset);
  }

  private void sliceStrings(Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    List<byte[]> source = in.strings();
    List<byte[]> selected = new ArrayList<>();
    view(in.shape(), out.shape(), i -> invocation.input(i).toLongs())
        .forEach((o, i) -> selected.add(source.get((int) i)));
    out.setStrings(selected, out.dims());
  }

  @Override
  public int version(Operands operands) {
    if (offset) {
      return 8;
    }
    if (ellipsisMask != 0 || newAxisMask != 0) {
      return 6;
    }
    return operands.type(0) == TensorType.INT8 ? 2 : 1;
  }

  @Override
  public QuantizationRule quantizationRule() {
    return QuantizationRule.of(QuantizationRule.Scales.SHARED, TensorType.INT8, TensorType.INT16);
  }
}
