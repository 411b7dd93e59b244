package dev.whittle.convert.lower;

import dev.whittle.ir.Op;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.reduce.UnsortedSegmentMax;
import dev.whittle.ir.op.reduce.UnsortedSegmentMin;
import dev.whittle.ir.op.reduce.UnsortedSegmentProd;
import dev.whittle.ir.op.reduce.UnsortedSegmentSum;
import dev.whittle.ir.op.shape.Fill;
import dev.whittle.ir.tensor.TensorType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reductions of rows by their segments, which are numbered from 0 along the first axis. */
public final class Segments {
  private Segments() {}

  /** The ways to combine the rows of a segment. */
  public enum Kind {
    SUM,
    PRODUCT,
    MAXIMUM,
    MINIMUM,
    MEAN,
    /** The sum, divided by the square root of the number of rows. */
    SUM_BY_ROOT;

    private Op operator() {
      return switch (this) {
        case SUM, MEAN, SUM_BY_ROOT -> new UnsortedSegmentSum();
        case PRODUCT -> new UnsortedSegmentProd();
        case MAXIMUM -> new UnsortedSegmentMax();
        case MINIMUM -> new UnsortedSegmentMin();
      };
    }
  }

  /**
   * Reduces rows.
   *
   * @param segments one int32 per row
   * @param count the number of segments, an int32 scalar; null for one more than the largest
   * @param zeroIfEmpty whether the maximum or minimum of no rows is 0, not the type's extreme
   */
  public static Value reduce(
      Emitter emit,
      Value x,
      Value segments,
      @Nullable Value count,
      Kind kind,
      boolean zeroIfEmpty) {
    Value total = count == null ? count(emit, segments) : count;
    Value reduced = emit.node(kind.operator(), x, segments, total);
    return switch (kind) {
      case SUM, PRODUCT -> reduced;
      case MAXIMUM, MINIMUM -> {
        if (!zeroIfEmpty) {
          yield reduced;
        }
        Value rows = rows(emit, x, segments, total, TensorType.INT32);
        Value isFilled = emit.node(new Greater(), rows, emit.scalar(0));
        yield emit.where(isFilled, reduced, emit.scalar(x.type(), 0));
      }
      case MEAN -> emit.div(reduced, emit.max(rows(emit, x, segments, total, x.type()), 1));
      case SUM_BY_ROOT -> {
        Value rows = emit.max(rows(emit, x, segments, total, x.type()), 1);
        yield emit.div(reduced, emit.node(new Sqrt(), rows));
      }
    };
  }

  private static Value count(Emitter emit, Value segments) {
    return emit.add(emit.reduceMax(segments, false, 0), 1);
  }

  /** Returns the number of rows of each segment, with axes of size 1 behind it. */
  private static Value rows(Emitter emit, Value x, Value segments, Value total, TensorType type) {
    Value one = emit.scalar(type, 1);
    Value ones =
        emit.narrow(emit.node(new Fill(), emit.shapeOperand(segments), one), segments.shape());
    int[] dims = new int[Emitter.rank(x)];
    Arrays.fill(dims, 1);
    dims[0] = -1;
    return emit.reshape(emit.node(new UnsortedSegmentSum(), ones, segments, total), dims);
  }
}
