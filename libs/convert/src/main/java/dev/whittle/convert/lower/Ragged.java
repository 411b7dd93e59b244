package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.GatherNd;
import dev.whittle.ir.op.index.Where;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.op.math.NotEqual;
import dev.whittle.ir.op.reduce.ArgMax;
import dev.whittle.ir.op.reduce.Cumsum;
import dev.whittle.ir.op.reduce.UnsortedSegmentSum;
import dev.whittle.ir.op.shape.Fill;
import dev.whittle.ir.op.shape.Range;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.TensorType;
import java.util.List;

/** Rows of different lengths, whose items lie one behind another. */
public final class Ragged {
  private final Emitter emit;
  private final Value items;
  private final Value starts;
  private final Value lengths;

  private Ragged(Emitter emit, Value items, Value starts, Value lengths) {
    this.emit = emit;
    this.items = items;
    this.starts = starts;
    this.lengths = lengths;
  }

  /**
   * Rows given by their limits.
   *
   * @param items {@code [items, ...]}
   * @param splits int32: where each row begins, and where the last one ends
   */
  public static Ragged ofSplits(Emitter emit, Value items, Value splits) {
    Value starts = emit.slice(splits, 0, 0, -1);
    Value ends = emit.slice(splits, 0, 1, Integer.MAX_VALUE);
    return new Ragged(emit, items, starts, emit.sub(ends, starts));
  }

  /**
   * Rows given by the row of each item.
   *
   * @param rows int32, ascending
   * @param count the number of rows, an int32 scalar
   */
  public static Ragged ofRows(Emitter emit, Value items, Value rows, Value count) {
    Value one = emit.scalar(1);
    Value ones = emit.narrow(emit.node(new Fill(), emit.shapeOperand(rows), one), rows.shape());
    Value lengths = emit.node(new UnsortedSegmentSum(), ones, rows, count);
    Value starts = emit.node(new Cumsum(true, false), lengths, emit.scalar(0));
    return new Ragged(emit, items, starts, lengths);
  }

  /** Returns the first rows, with empty ones behind them if there are fewer. */
  public Ragged withCount(int count) {
    return new Ragged(emit, items, fitted(starts, count), fitted(lengths, count));
  }

  private Value fitted(Value perRow, int count) {
    return emit.slice(emit.pad(perRow, 0, count), 0, 0, count);
  }

  /**
   * Returns the rows as a tensor.
   *
   * @param filler behind the rows, broadcast to the shape of an item
   * @param width the number of items in a row; negative for that of the longest row
   */
  public Value dense(Value filler, int width) {
    Value columns = width < 0 ? emit.max(emit.reduceMax(lengths, false, 0), 0) : emit.scalar(width);
    Value places =
        emit.narrow(
            emit.node(new Range(), emit.scalar(0), columns, emit.scalar(1)),
            Shape.of(width < 0 ? Shape.DYNAMIC : width));
    Value isItem = emit.node(new Less(), emit.expandDims(places, 0), emit.expandDims(lengths, 1));
    // The filler is an item behind all others.
    int[] dims = Emitter.dims(items);
    dims[0] = 1;
    Value last = emit.broadcastTo(emit.cast(filler, items.type()), emit.shapeLike(items, dims));
    Value all = emit.concat(0, List.of(items, emit.narrow(last, Shape.of(dims))));
    Value end = emit.squeeze(emit.dimension(items, 0), 0);
    Value indices =
        emit.where(isItem, emit.add(emit.expandDims(starts, 1), emit.expandDims(places, 0)), end);
    return emit.gather(all, indices, 0);
  }

  /**
   * Decoded sequences as a sparse matrix.
   *
   * @param indices int64 {@code [symbols, 2]}: sequence and place
   * @param values int64 {@code [symbols]}
   * @param shape int64: the number of sequences and the length of the longest
   * @param score {@code [sequences, 1]}: the negative sum of the largest inputs
   */
  public record Decoded(Value indices, Value values, Value shape, Value score) {}

  /**
   * Takes the most likely symbol of each step of a sequence and drops blanks: Graves et al.,
   * "Connectionist temporal classification" (2006).
   *
   * @param inputs {@code [steps, sequences, symbols]}
   * @param lengths int32 {@code [sequences]}
   * @param blank the number of the blank; negative from the end
   * @param merging whether a symbol that repeats its predecessor is dropped
   */
  public static Decoded decode(
      Emitter emit, Value inputs, Value lengths, int blank, boolean merging) {
    Value byStep = emit.node(new ArgMax(TensorType.INT32), inputs, emit.scalar(2));
    Value symbols = emit.transpose(byStep, 1, 0);
    Value steps = emit.expandDims(Indexing.range(emit, inputs, 0), 0);
    Value isStep = emit.node(new Less(), steps, emit.expandDims(lengths, 1));
    int number = blank < 0 ? blank + Emitter.fixedDimension(inputs, 2) : blank;
    Value isKept =
        emit.node(
            new LogicalAnd(), isStep, emit.node(new NotEqual(), symbols, emit.scalar(number)));
    if (merging) {
      Value before = emit.slice(emit.pad(symbols, -1.0, 0, 0, 1, 0), 1, 0, -1);
      isKept = emit.node(new LogicalAnd(), isKept, emit.node(new NotEqual(), symbols, before));
    }
    Value kept = emit.cast(isKept, TensorType.INT32);
    Value places = emit.node(new Cumsum(true, false), kept, emit.scalar(1));
    Value found = emit.node(new Where(), isKept);
    Value at = emit.cast(found, TensorType.INT32);
    Value sequence = emit.slice(at, 1, 0, 1);
    Value place = emit.expandDims(emit.node(new GatherNd(), places, at), 1);
    Value longest = emit.reshape(emit.reduceMax(emit.sum(kept, false, 1), false, 0), 1);
    Value shape = emit.concat(0, List.of(emit.dimension(inputs, 1), longest));
    Value largest = emit.transpose(emit.reduceMax(inputs, false, 2), 1, 0);
    Value score = emit.mul(emit.sum(emit.where(isStep, largest, emit.scalar(0f)), true, 1), -1);
    return new Decoded(
        emit.cast(emit.concat(1, List.of(sequence, place)), TensorType.INT64),
        emit.cast(emit.node(new GatherNd(), symbols, at), TensorType.INT64),
        emit.cast(shape, TensorType.INT64),
        score);
  }
}
