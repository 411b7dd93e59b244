package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.LessEqual;
import dev.whittle.ir.op.reduce.ReduceProd;
import dev.whittle.ir.tensor.Shape;
import java.util.function.UnaryOperator;

/** Cumulative operations along an axis other than CUMSUM. */
public final class Scans {
  /** Stands for the logarithm of 0, since infinities have no difference. */
  private static final double LOG_ZERO = -Float.MAX_VALUE;

  private Scans() {}

  /**
   * The products of the elements up to each one.
   *
   * @param exclusive whether an element is left out of its own product
   * @param reverse whether the products begin at the end
   */
  public static Value product(Emitter emit, Value x, int axis, boolean exclusive, boolean reverse) {
    var scan = new Scan(emit, 1, 1, Emitter::mul, y -> emit.reduce(new ReduceProd(false), y, -1));
    return scan.apply(x, axis, exclusive, reverse);
  }

  /** The logarithms of the sums of {@code e^x} up to each element; see {@link #product}. */
  public static Value logSumExp(
      Emitter emit, Value x, int axis, boolean exclusive, boolean reverse) {
    var scan =
        new Scan(
            emit,
            LOG_ZERO,
            Double.NEGATIVE_INFINITY,
            Functions::logAddExp,
            y -> Reductions.logSumExp(emit, y, false, -1));
    return scan.apply(x, axis, exclusive, reverse);
  }

  /**
   * A cumulative operation.
   *
   * @param combine an associative function
   * @param identity its neutral element
   * @param empty the result for no elements
   * @param reduce applies it to all elements along the last axis
   */
  private record Scan(
      Emitter emit,
      double identity,
      double empty,
      Elementwise.BinaryLowering combine,
      UnaryOperator<Value> reduce) {

    Value apply(Value x, int axis, boolean exclusive, boolean reverse) {
      int a = Emitter.axis(x, axis);
      int length = Emitter.dim(x, a);
      Value y =
          length == Shape.DYNAMIC
              ? ShapeMoves.alongLast(emit, x, a, z -> masked(z, reverse))
              : doubled(x, a, length, reverse);
      return exclusive && length != 0 ? emit.narrow(shifted(y, a, reverse), x.shape()) : y;
    }

    /** Hillis and Steele (1986): after a step, each element combines twice as many. */
    private Value doubled(Value x, int axis, int length, boolean reverse) {
      Value y = x;
      for (int distance = 1; distance < length; distance *= 2) {
        Value padded = padded(y, axis, distance, identity, reverse);
        int from = reverse ? distance : 0;
        Value before = emit.narrow(emit.slice(padded, axis, from, from + length), x.shape());
        y = reverse ? combine.lower(emit, y, before) : combine.lower(emit, before, y);
      }
      return y;
    }

    private Value padded(Value x, int axis, int distance, double filler, boolean behind) {
      int[] padding = new int[2 * Emitter.rank(x)];
      padding[2 * axis + (behind ? 1 : 0)] = distance;
      return emit.pad(x, filler, padding);
    }

    /** Replaces each result by that of its predecessor. */
    private Value shifted(Value x, int axis, boolean reverse) {
      Value padded = padded(x, axis, 1, empty, reverse);
      return reverse
          ? emit.slice(padded, axis, 1, Integer.MAX_VALUE)
          : emit.slice(padded, axis, 0, -1);
    }

    /** Reduces, for each element of the last axis, all elements with the others masked out. */
    private Value masked(Value x, boolean reverse) {
      int last = Emitter.rank(x) - 1;
      Value columns = emit.expandDims(Indexing.range(emit, x, last), 0);
      Value rows = emit.expandDims(Indexing.range(emit, x, last), 1);
      Value taken = reverse ? atMost(rows, columns) : atMost(columns, rows);
      Value wide = emit.expandDims(x, last);
      Value kept = emit.where(taken, wide, emit.scalar(x.type(), identity));
      return emit.narrow(reduce.apply(kept), x.shape());
    }

    private Value atMost(Value a, Value b) {
      return emit.node(new LessEqual(), a, b);
    }
  }
}
