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
import java.util.List;
import java.util.function.IntFunction;

/**
 * A box of operand 0 with steps, as Python's {@code x[begin:end:step]}; operands 1 to 3 hold begin,
 * end and step of each slice. Bit i of a mask concerns slice i.
 *
 * @param beginMask the slice begins where its axis does
 * @param endMask the slice ends where its axis does
 * @param ellipsisMask the slice stands for as many whole axes as the others leave
 * @param newAxisMask the slice is a new axis of extent 1
 * @param shrinkAxisMask the slice is one place of an axis, which is taken out
 * @param offset whether an end counts from its begin
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

  /** What is taken of one axis of the operand; axis -1 for a new axis. */
  private record Range(int axis, long begin, long step, int count, boolean shrink) {}

  @Override
  public List<TypedShape> infer(Operands operands) {
    Shape shape = operands.shape(0);
    long[] begin = operands.knownIntegers(1);
    long[] end = operands.knownIntegers(2);
    long[] step = operands.knownIntegers(3);
    if (begin == null || end == null || step == null || !shape.isRankKnown()) {
      return List.of(new TypedShape(operands.type(0), Shape.UNKNOWN));
    }
    List<Integer> dims = new ArrayList<>();
    for (Range range : ranges(shape, begin, end, step)) {
      if (!range.shrink) {
        dims.add(range.count);
      }
    }
    Shape slice = Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
    return List.of(new TypedShape(operands.type(0), slice));
  }

  private List<Range> ranges(Shape shape, long[] begin, long[] end, long[] step) {
    if (begin.length != end.length || begin.length != step.length || begin.length > 31) {
      throw OperandException.invalid(
          "%d begins, %d ends, %d steps", begin.length, end.length, step.length);
    }
    List<Range> ranges = new ArrayList<>();
    int ellipsis = ellipsisMask == 0 ? -1 : Integer.numberOfTrailingZeros(ellipsisMask);
    int sliced = 0;
    for (int i = 0; i < begin.length; i++) {
      sliced += i == ellipsis || (has(newAxisMask, i) && i != ellipsis) ? 0 : 1;
    }
    if (sliced > shape.rank()) {
      throw OperandException.invalid("%d slices of %s", sliced, shape);
    }
    int axis = 0;
    for (int i = 0; i < begin.length; i++) {
      if (i == ellipsis) {
        for (int whole = shape.rank() - sliced; whole > 0; whole--) {
          ranges.add(new Range(axis, 0, 1, shape.dim(axis), false));
          axis++;
        }
      } else if (has(newAxisMask, i)) {
        ranges.add(new Range(-1, 0, 1, 1, false));
      } else {
        ranges.add(range(shape, axis++, i, begin[i], end[i], step[i]));
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
      throw OperandException.invalid("step 0 of slice %d", i);
    }
    int length = shape.dim(axis);
    if (has(shrinkAxisMask, i)) {
      if (length == Shape.DYNAMIC) {
        return new Range(axis, begin, 1, 1, true);
      }
      long place = begin < 0 ? begin + length : begin;
      if (place < 0 || place >= length) {
        throw OperandException.invalid("index %d of axis %d of %s", begin, axis, shape);
      }
      return new Range(axis, place, 1, 1, true);
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
   * A place counted from the end if negative, kept where a walk with that step may start or stop.
   */
  private static long bound(long place, int length, long step) {
    long resolved = place < 0 ? place + length : place;
    return step > 0
        ? Math.min(Math.max(resolved, 0), length)
        : Math.min(Math.max(resolved, -1), length - 1);
  }

  @Override
  public Kernel kernel(Operands operands) {
    if (operands.type(0) == TensorType.STRING) {
      return this::takeStrings;
    }
    operands.type(0).requireWholeBytes();
    return StridedView.kernel(this);
  }

  @Override
  public StridedView view(Shape in, Shape out, IntFunction<long[]> contents) {
    List<Range> ranges = ranges(in, contents.apply(1), contents.apply(2), contents.apply(3));
    long[] strides = Shapes.strides(in.toArray());
    int[] counts = new int[ranges.size()];
    long[] steps = new long[ranges.size()];
    long first = 0;
    for (int i = 0; i < counts.length; i++) {
      Range range = ranges.get(i);
      counts[i] = range.count;
      steps[i] = range.axis < 0 ? 0 : range.step * strides[range.axis];
      first += range.axis < 0 ? 0 : range.begin * strides[range.axis];
    }
    return new StridedView(counts, steps, first);
  }

  private void takeStrings(Invocation invocation) {
    Tensor in = invocation.input(0);
    Tensor out = invocation.output(0);
    List<byte[]> source = in.strings();
    List<byte[]> taken = new ArrayList<>();
    view(in.shape(), out.shape(), i -> invocation.input(i).toLongs())
        .forEach((o, i) -> taken.add(source.get((int) i)));
    out.setStrings(taken, out.dims());
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
