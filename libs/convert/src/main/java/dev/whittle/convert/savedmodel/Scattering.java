package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.ScatterNd;
import dev.whittle.ir.op.index.SelectV2;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.shape.Fill;

/** Updates of a tensor at places that are computed. */
final class Scattering {
  private Scattering() {}

  /** Updates at their places in a tensor like {@code x} of zeros; those of one place are added. */
  static Value amongZeros(Emitter emit, Value x, Value indices, Value updates) {
    Value shape = TensorFlowOperations.shape(emit, x);
    return emit.narrow(emit.node(new ScatterNd(), indices, updates, shape), x.shape());
  }

  /** Where updates go, as a condition on the elements of {@code x}. */
  static Value hit(Emitter emit, Value x, Value indices, Value updates) {
    Value ones =
        emit.narrow(
            emit.node(new Fill(), TensorFlowOperations.shape(emit, updates), emit.scalar(1)),
            updates.shape());
    Value hits = amongZeros(emit, x, indices, ones);
    return emit.node(new Greater(), hits, emit.scalar(0));
  }

  /** {@code x} with updates in place of what was there; indices must differ. */
  static Value update(Emitter emit, Value x, Value indices, Value updates) {
    return emit.node(
        new SelectV2(), hit(emit, x, indices, updates), amongZeros(emit, x, indices, updates), x);
  }
}
