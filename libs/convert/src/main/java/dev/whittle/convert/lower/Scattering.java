package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.DynamicUpdateSlice;
import dev.whittle.ir.op.index.ScatterNd;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.shape.Fill;
import java.util.ArrayList;
import java.util.List;

/** Updates of some elements of a tensor, at indices that may be computed. */
public final class Scattering {
  private Scattering() {}

  /** Adds up updates by index in a tensor of zeros with the shape of {@code x}. */
  public static Value amongZeros(Emitter emit, Value x, Value indices, Value updates) {
    Value shape = emit.shapeOperand(x);
    return emit.narrow(emit.node(new ScatterNd(), indices, updates, shape), x.shape());
  }

  /** Returns, for each element of {@code x}, whether an index addresses it. */
  private static Value isHit(Emitter emit, Value x, Value indices, Value updates) {
    Value ones =
        emit.narrow(
            emit.node(new Fill(), emit.shapeOperand(updates), emit.scalar(1)), updates.shape());
    Value hits = amongZeros(emit, x, indices, ones);
    return emit.node(new Greater(), hits, emit.scalar(0));
  }

  /** Replaces elements of {@code x}; the indices have to differ. */
  public static Value update(Emitter emit, Value x, Value indices, Value updates) {
    return emit.node(
        new SelectV2(), isHit(emit, x, indices, updates), amongZeros(emit, x, indices, updates), x);
  }

  /**
   * Replaces one item along the first axis.
   *
   * @param index int32, a scalar or a list of one number
   */
  public static Value setItem(Emitter emit, Value x, Value index, Value item) {
    List<Value> start = new ArrayList<>();
    start.add(
        index.shape().isRankKnown() && Emitter.rank(index) == 1 ? index : emit.reshape(index, 1));
    int rank = Emitter.rank(x);
    if (rank > 1) {
      start.add(emit.ints(new int[rank - 1]));
    }
    Value first = emit.concat(0, start);
    return emit.node(new DynamicUpdateSlice(), x, emit.expandDims(item, 0), first);
  }
}
