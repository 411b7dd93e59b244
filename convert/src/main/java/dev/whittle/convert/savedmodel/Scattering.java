package dev.whittle.convert.savedmodel;

import dev.whittle.convert.lower.Emitter;
import dev.whittle.ir.OperandException;
import dev.whittle.ir.Shape;
import dev.whittle.ir.TensorType;
import dev.whittle.ir.Value;
import dev.whittle.ir.kernel.Tensor;
import dev.whittle.ir.op.Greater;
import dev.whittle.ir.op.ScatterNd;
import dev.whittle.ir.op.SelectV2;

/** Updates of a tensor at places that are computed. */
final class Scattering {
  private Scattering() {}

  /** Updates at their places in a tensor like {@code x} of zeros; those of one place are added. */
  static Value amongZeros(Emitter emit, Value x, Value indices, Value updates) {
    Value shape = x.shape().isStatic() ? emit.ints(x.shape().toArray()) : emit.shapeOf(x);
    return emit.narrow(emit.node(new ScatterNd(), indices, updates, shape), x.shape());
  }

  /** Where updates go, as a condition on the elements of {@code x}. */
  static Value hit(Emitter emit, Value x, Value indices, Value updates) {
    if (!updates.shape().isStatic()) {
      throw OperandException.unsupported("updates of an open extent");
    }
    int[] dims = updates.shape().toArray();
    Emitter.checkGenerated(Shape.elements(dims));
    Tensor ones = Tensor.allocate(TensorType.INT32, dims);
    for (long i = 0; i < ones.elements(); i++) {
      ones.setInt(i, 1);
    }
    Value hits = amongZeros(emit, x, indices, emit.constant("ones", ones));
    return emit.node(new Greater(), hits, emit.scalar(0));
  }

  /** {@code x} with updates in place of what was there; indices must differ. */
  static Value update(Emitter emit, Value x, Value indices, Value updates) {
    return emit.node(
        new SelectV2(), hit(emit, x, indices, updates), amongZeros(emit, x, indices, updates), x);
  }
}
