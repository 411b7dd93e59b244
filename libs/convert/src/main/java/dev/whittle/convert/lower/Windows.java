package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.Padding;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.op.math.LogicalNot;
import dev.whittle.ir.op.math.LogicalOr;
import dev.whittle.ir.op.shape.Pack;
import dev.whittle.ir.op.shape.Pad;
import dev.whittle.ir.op.shape.StridedSlice;
import dev.whittle.ir.op.shape.ZerosLike;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Operations on windows over two spatial axes, element by element: derivatives of pooling and
 * convolutions, pooling with the places of the largest elements, and morphology. Tensors are {@code
 * [batch, height, width, channels]}; sizes other than the batch have to be known.
 */
public final class Windows {
  private final Emitter emit;
  private final Reach rows;
  private final Reach columns;

  /**
   * A window along one axis.
   *
   * @param input the size of the operand
   * @param output the number of windows
   * @param taps the number of elements in a window
   * @param spacing the distance between them
   * @param before the padding before the operand
   */
  private record Reach(int input, int output, int taps, int stride, int spacing, int before) {
    static Reach of(int input, int taps, int stride, int spacing, Padding padding) {
      int span = (taps - 1) * spacing + 1;
      int output =
          padding == Padding.SAME ? Math.ceilDiv(input, stride) : (input - span) / stride + 1;
      int total = Math.max((output - 1) * stride + span - input, 0);
      return new Reach(
          input, output, taps, stride, spacing, padding == Padding.SAME ? total / 2 : 0);
    }

    int span() {
      return (taps - 1) * spacing + 1;
    }

    /** Returns the position in the operand of an element of the first window. */
    int position(int tap) {
      return tap * spacing - before;
    }

    /** Returns the size of the padded operand that windows read. */
    int padded() {
      return Math.max((output - 1) * stride + span(), before + input);
    }
  }

  /**
   * @param height the size of the operand of the forward operation
   * @param width likewise
   * @param taps the size of the window, rows and columns
   * @param dilations the distances within it
   */
  public Windows(
      Emitter emit,
      int height,
      int width,
      int[] taps,
      Convolutions.Window window,
      int[] dilations) {
    this.emit = emit;
    this.rows = Reach.of(height, taps[0], window.stride(0), dilations[0], window.padding());
    this.columns = Reach.of(width, taps[1], window.stride(1), dilations[1], window.padding());
  }

  // Placing elements.

  /** Puts {@code factor - 1} zeros behind each element along an axis. */
  static Value spread(Emitter emit, Value x, int axis, int factor) {
    if (factor == 1) {
      return x;
    }
    int[] dims = Emitter.dims(x);
    int trail = 1;
    for (int i = axis + 1; i < dims.length; i++) {
      trail = Math.multiplyExact(trail, Emitter.fixedDimension(x, i));
    }
    Value items = emit.reshape(x, -1, Emitter.fixedDimension(x, axis), 1, trail);
    Value wide = emit.pad(items, 0, 0, 0, 0, 0, factor - 1, 0, 0);
    dims[axis] *= factor;
    return emit.reshape(wide, dims);
  }

  /** Returns {@code y[i] = x[i - offset]} along an axis, 0 where {@code x} has no such element. */
  static Value placed(Emitter emit, Value x, int axis, int offset, int length) {
    int size = Emitter.fixedDimension(x, axis);
    int from = Math.clamp(-offset, 0, size);
    int to = Math.clamp(length - offset, from, size);
    Value part = emit.slice(x, axis, from, to);
    int[] padding = new int[2 * Emitter.rank(x)];
    padding[2 * axis] = Math.max(0, Math.min(offset, length));
    padding[2 * axis + 1] = length - padding[2 * axis] - (to - from);
    return emit.pad(part, padding);
  }

  /** Moves values of windows to the operand's elements at one place in each window. */
  private Value scattered(Value perWindow, int row, int column) {
    Value tall = spread(emit, perWindow, 1, rows.stride);
    Value placedRows = placed(emit, tall, 1, rows.position(row), rows.input);
    Value wide = spread(emit, placedRows, 2, columns.stride);
    return placed(emit, wide, 2, columns.position(column), columns.input);
  }

  /** Returns the operand's elements at one place in each window. */
  private Value gathered(Value padded, int row, int column) {
    int top = row * rows.spacing;
    int left = column * columns.spacing;
    return emit.node(
        new StridedSlice(1, 1, 0, 0, 0, false),
        padded,
        emit.ints(0, top, left),
        emit.ints(
            0,
            top + (rows.output - 1) * rows.stride + 1,
            left + (columns.output - 1) * columns.stride + 1),
        emit.ints(1, rows.stride, columns.stride));
  }

  private Value padded(Value x, double filler) {
    int bottom = rows.padded() - rows.before - rows.input;
    int right = columns.padded() - columns.before - columns.input;
    int[] padding = {0, 0, rows.before, bottom, columns.before, right, 0, 0};
    return filler == 0 || (rows.before | bottom | columns.before | right) == 0
        ? emit.pad(x, padding)
        : emit.pad(x, filler, padding);
  }

  /** Places a gradient so that windows of stride 1 over it see what each element contributed to. */
  private Value fullyPadded(Value gradient) {
    Value tall = spread(emit, gradient, 1, rows.stride);
    Value wide = spread(emit, tall, 2, columns.stride);
    int height = rows.input + rows.span() - 1;
    int width = columns.input + columns.span() - 1;
    Value placedRows = placed(emit, wide, 1, rows.span() - 1 - rows.before, height);
    return placed(emit, placedRows, 2, columns.span() - 1 - columns.before, width);
  }

  // Pooling.

  /** Passes the gradient of each window to the first of its largest elements. */
  public Value maxPool(Value x, Value y, Value gradient) {
    Value padded = padded(x, -Float.MAX_VALUE);
    Value zero = emit.scalar(0f);
    @Nullable Value found = null;
    @Nullable Value sum = null;
    for (int row = 0; row < rows.taps; row++) {
      for (int column = 0; column < columns.taps; column++) {
        Value isMax = emit.node(new Equal(), gathered(padded, row, column), y);
        Value isFirst =
            found == null
                ? isMax
                : emit.node(new LogicalAnd(), isMax, emit.node(new LogicalNot(), found));
        found = found == null ? isMax : emit.node(new LogicalOr(), found, isMax);
        Value part = scattered(emit.where(isFirst, gradient, zero), row, column);
        sum = sum == null ? part : emit.add(sum, part);
      }
    }
    return sum == null ? gradient : sum;
  }

  /** Distributes the gradient of each window among its elements. */
  public Value averagePool(Value gradient) {
    float[] shares = new float[rows.output * columns.output];
    for (int i = 0; i < shares.length; i++) {
      int count = count(rows, i / columns.output) * count(columns, i % columns.output);
      shares[i] = (float) rows.taps * columns.taps / count;
    }
    Value share = emit.constant("shares", shares, 1, rows.output, columns.output, 1);
    int[] sizes = {rows.taps, columns.taps};
    int[] ones = {1, 1};
    Value spread = fullyPadded(emit.mul(gradient, share));
    return Pooling.pool(emit, spread, sizes, ones, Padding.VALID, false);
  }

  /** Returns the number of a window's elements within the operand. */
  private static int count(Reach reach, int window) {
    int from = window * reach.stride - reach.before;
    return Math.min(from + reach.taps, reach.input) - Math.max(from, 0);
  }

  /** The largest element of each window, and where it lies. */
  public record Largest(Value values, Value places) {}

  /**
   * Pools, and returns the places of the first of the largest elements.
   *
   * @return places {@code (row * width + column) * channels + channel}, int32
   */
  public Largest maxPoolWithPlaces(Value x) {
    int channels = Emitter.fixedDimension(x, 3);
    Value padded = padded(x, -Float.MAX_VALUE);
    @Nullable Largest best = null;
    for (int row = 0; row < rows.taps; row++) {
      for (int column = 0; column < columns.taps; column++) {
        Value values = gathered(padded, row, column);
        Value places = places(row, column, channels);
        if (best == null) {
          Value zeros = emit.cast(emit.node(new ZerosLike(), values), TensorType.INT32);
          best = new Largest(values, emit.add(places, zeros));
        } else {
          Value isLarger = emit.node(new Greater(), values, best.values);
          best =
              new Largest(emit.max(best.values, values), emit.where(isLarger, places, best.places));
        }
      }
    }
    if (best == null) {
      throw OperandException.invalid("windows without elements");
    }
    return best;
  }

  private Value places(int row, int column, int channels) {
    Emitter.checkGenerated((long) rows.output * columns.output * channels);
    int[] places = new int[rows.output * columns.output * channels];
    for (int i = 0; i < places.length; i++) {
      int window = i / channels;
      int y = window / columns.output * rows.stride + rows.position(row);
      int x = window % columns.output * columns.stride + columns.position(column);
      places[i] = (y * columns.input + x) * channels + i % channels;
    }
    return emit.constant("places", Tensor.of(places, 1, rows.output, columns.output, channels));
  }

  /**
   * Grayscale dilation: the largest sum of an element and the filter's.
   *
   * @param filter {@code [rows, columns, channels]}
   */
  public Value dilate(Value x, Value filter) {
    Value padded = padded(x, -Float.MAX_VALUE);
    @Nullable Value largest = null;
    for (int row = 0; row < rows.taps; row++) {
      for (int column = 0; column < columns.taps; column++) {
        Value offset = emit.select(emit.select(filter, 0, row), 0, column);
        Value sum = emit.add(gathered(padded, row, column), offset);
        largest = largest == null ? sum : emit.max(largest, sum);
      }
    }
    return largest == null ? x : largest;
  }

  // Convolutions.

  /**
   * The derivative by the filter.
   *
   * @return {@code [rows, columns, in, out]}
   */
  public Value filter(Value x, Value gradient) {
    int in = Emitter.fixedDimension(x, 3);
    int out = Emitter.fixedDimension(gradient, 3);
    Value right = emit.reshape(gradient, -1, out);
    Value padded = padded(x, 0);
    List<Value> taps = new ArrayList<>();
    for (int row = 0; row < rows.taps; row++) {
      for (int column = 0; column < columns.taps; column++) {
        Value left = emit.reshape(gathered(padded, row, column), -1, in);
        taps.add(emit.matmul(left, right, true, false));
      }
    }
    return stacked(taps, in, out);
  }

  /**
   * The derivative by the filter of a depthwise convolution.
   *
   * @return {@code [rows, columns, in, multiplier]}
   */
  public Value depthwiseFilter(Value x, Value gradient) {
    int in = Emitter.fixedDimension(x, 3);
    int multiplier = Emitter.fixedDimension(gradient, 3) / Math.max(1, in);
    Value padded = padded(x, 0);
    List<Value> taps = new ArrayList<>();
    for (int row = 0; row < rows.taps; row++) {
      for (int column = 0; column < columns.taps; column++) {
        Value part = gathered(padded, row, column);
        Value repeated = ShapeMoves.repeat(emit, part, 3, multiplier);
        taps.add(emit.sum(emit.mul(repeated, gradient), false, 0, 1, 2));
      }
    }
    return stacked(taps, in, multiplier);
  }

  private Value stacked(List<Value> taps, int in, int out) {
    Value all = emit.node(new Pack(taps.size(), 0), taps.toArray(new Value[0]));
    return emit.reshape(all, rows.taps, columns.taps, in, out);
  }

  /**
   * The derivative by the operand of a depthwise convolution.
   *
   * @param filter {@code [rows, columns, in, multiplier]}
   */
  public Value depthwiseInput(Value filter, Value gradient) {
    int multiplier = Emitter.fixedDimension(filter, 3);
    Value spread = fullyPadded(gradient);
    Value flipped = emit.reverse(emit.reverse(filter, 0), 1);
    var window =
        new Convolutions.Window(
            Padding.VALID, new int[] {1, 1}, new int[] {rows.spacing, columns.spacing});
    @Nullable Value sum = null;
    for (int i = 0; i < multiplier; i++) {
      Value channels = everyNth(spread, i, multiplier);
      Value kernel = emit.slice(flipped, 3, i, i + 1);
      Value part =
          Convolutions.depthwise(emit, channels, Weights.of(emit, kernel), null, window, y -> y);
      sum = sum == null ? part : emit.add(sum, part);
    }
    return sum == null ? gradient : sum;
  }

  private Value everyNth(Value x, int first, int step) {
    if (step == 1) {
      return x;
    }
    return emit.node(
        new StridedSlice(7, 15, 0, 0, 0, false),
        x,
        emit.ints(0, 0, 0, first),
        emit.ints(0, 0, 0, 0),
        emit.ints(1, 1, 1, step));
  }

  // Slices.

  /**
   * The place of a slice along one axis.
   *
   * @param first the position of the first element; negative from the end
   * @param step between elements, of any sign
   */
  public record Span(int first, int step) {}

  /**
   * The derivative of a slice along an axis: the gradient among zeros.
   *
   * @param shape int32, the shape of the sliced tensor
   * @param size its size along the axis; {@link Shape#DYNAMIC} if it is unknown
   */
  public static Value slice(
      Emitter emit, Value gradient, int axis, Span span, Value shape, int size) {
    Value part = gradient;
    int first = span.first;
    int step = Math.abs(span.step);
    if (step != 1 || span.step < 0) {
      int count = Emitter.fixedDimension(gradient, axis);
      if (span.step < 0) {
        part = emit.reverse(part, axis);
        first += (count - 1) * span.step;
      }
      part = emit.slice(spread(emit, part, axis, step), axis, 0, (count - 1) * step + 1);
    }
    if (size != Shape.DYNAMIC && Emitter.dim(part, axis) != Shape.DYNAMIC) {
      return placed(emit, part, axis, first < 0 ? first + size : first, size);
    }
    Value total = emit.slice(shape, 0, axis, axis + 1);
    Value before = first < 0 ? emit.add(total, first) : emit.ints(first);
    Value after = emit.sub(emit.sub(total, before), emit.dimension(part, axis));
    int rank = Emitter.rank(part);
    List<Value> numbers = new ArrayList<>();
    numbers.add(emit.ints(new int[2 * axis]));
    numbers.add(before);
    numbers.add(after);
    numbers.add(emit.ints(new int[2 * (rank - axis - 1)]));
    numbers.removeIf(v -> Emitter.dim(v, 0) == 0);
    Value paddings = emit.reshape(emit.concat(0, numbers), rank, 2);
    int[] dims = Emitter.dims(part);
    dims[axis] = size;
    return emit.narrow(emit.node(new Pad(), part, paddings), Shape.of(dims));
  }
}
