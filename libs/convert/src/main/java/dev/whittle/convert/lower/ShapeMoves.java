package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.FloorMod;
import dev.whittle.ir.op.shape.Reshape;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Lowerings that move, join and repeat elements without changing them. */
public final class ShapeMoves {
  private ShapeMoves() {}

  /** Applies a function of the last axis along another axis. */
  public static Value alongLast(Emitter emit, Value x, int axis, UnaryOperator<Value> function) {
    int a = Emitter.axis(x, axis);
    int last = Emitter.rank(x) - 1;
    return a == last
        ? function.apply(x)
        : emit.swap(function.apply(emit.swap(x, a, last)), a, last);
  }

  /** Concatenates tensors after promoting them to a common type. */
  public static Value concatenate(Emitter emit, int axis, List<Value> parts) {
    if (parts.isEmpty()) {
      throw OperandException.invalid("a concatenation of no tensors");
    }
    List<Value> typed = new ArrayList<>(parts);
    for (int i = 1; i < typed.size(); i++) {
      List<Value> pair = emit.promote(typed.getFirst(), typed.get(i));
      typed.set(0, pair.get(0));
      typed.set(i, pair.get(1));
    }
    return emit.concat(axis, typed);
  }

  /** Moves axes from one position each to another; the other axes keep their order. */
  public static Value moveAxes(Emitter emit, Value x, int[] from, int[] to) {
    int[] source = Arrays.stream(from).map(a -> Emitter.axis(x, a)).distinct().toArray();
    int[] destination = Arrays.stream(to).map(a -> Emitter.axis(x, a)).distinct().toArray();
    if (source.length != from.length
        || destination.length != to.length
        || from.length != to.length) {
      throw OperandException.invalid(
          "axes %s moved to %s; expected as many distinct ones",
          Arrays.toString(from), Arrays.toString(to));
    }
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < Emitter.rank(x); i++) {
      int axis = i;
      if (Arrays.stream(source).noneMatch(a -> a == axis)) {
        order.add(i);
      }
    }
    IntStream.range(0, destination.length)
        .boxed()
        .sorted((a, b) -> Integer.compare(destination[a], destination[b]))
        .forEach(i -> order.add(destination[i], source[i]));
    return emit.transpose(x, order.stream().mapToInt(Integer::intValue).toArray());
  }

  /** Repeats each element along an axis several times in a row. */
  public static Value repeat(Emitter emit, Value x, int axis, int times) {
    if (times == 1) {
      return x;
    }
    int a = Emitter.axis(x, axis);
    int rank = Emitter.rank(x);
    int[] tiles = new int[rank + 1];
    Arrays.fill(tiles, 1);
    tiles[a + 1] = times;
    Value tiled = emit.tile(emit.expandDims(x, a + 1), tiles);
    int[] dims = Emitter.dims(x);
    long unknown = Arrays.stream(dims).filter(d -> d == Shape.DYNAMIC).count();
    if (dims[a] != Shape.DYNAMIC) {
      dims[a] *= times;
      if (unknown <= 1) {
        return emit.reshape(tiled, dims);
      }
    } else if (unknown == 1) {
      return emit.reshape(tiled, dims);
    }
    int[] factors = new int[rank];
    Arrays.fill(factors, 1);
    factors[a] = times;
    Value shape = emit.mul(emit.shapeOf(x), emit.ints(factors));
    return emit.narrow(emit.node(new Reshape(), tiled, shape), Emitter.shape(dims));
  }

  /** Tiles a tensor; a longer list of counts than axes adds axes of size 1 in front. */
  public static Value tile(Emitter emit, Value x, int[] times) {
    Value wide = x;
    for (int i = Emitter.rank(x); i < times.length; i++) {
      wide = emit.expandDims(wide, 0);
    }
    int[] all = new int[Emitter.rank(wide)];
    Arrays.fill(all, 1);
    System.arraycopy(times, 0, all, all.length - times.length, times.length);
    return emit.tile(wide, all);
  }

  /**
   * Moves elements along an axis of known size; those moved past the end enter at the start.
   *
   * @param shift of any sign and magnitude
   */
  public static Value roll(Emitter emit, Value x, int axis, long shift) {
    int dimension = Emitter.fixedDimension(x, axis);
    int first = dimension - (int) Math.floorMod(shift, (long) Math.max(1, dimension));
    if (first == dimension) {
      return x;
    }
    Value end = emit.slice(x, axis, first, Integer.MAX_VALUE);
    return emit.concat(axis, List.of(end, emit.slice(x, axis, 0, first)));
  }

  /**
   * {@link #roll} by a shift, or along a dimension, that is known at run time only.
   *
   * @param shift a scalar of type int32
   */
  public static Value rollAtRunTime(Emitter emit, Value x, int axis, Value shift) {
    Value dimension = emit.squeeze(emit.dimension(x, axis), 0);
    Value positions = Indexing.range(emit, x, axis);
    Value from = emit.node(new FloorMod(), emit.sub(positions, shift), dimension);
    return emit.narrow(emit.gather(x, from, axis), x.shape());
  }
}
