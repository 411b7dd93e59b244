package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.shape.Range;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** Index operands, as gathering and scattering take them. */
public final class Indexing {
  private Indexing() {}

  /** Returns indices as int64 if they are, else as int32. */
  public static Value indices(Emitter emit, Value x) {
    return x.type() == TensorType.INT64 ? x : emit.cast(x, TensorType.INT32);
  }

  /**
   * Returns indices along an axis of {@code source} with constant negative ones, which count from
   * the end, replaced.
   */
  public static Value fromEnd(Emitter emit, Value source, Value indices, int axis) {
    Tensor known = indices.contents();
    if (known == null || !known.type().isInteger()) {
      return indices;
    }
    int[] resolved = new int[Math.toIntExact(known.elements())];
    boolean negative = false;
    for (int i = 0; i < resolved.length; i++) {
      resolved[i] = Math.toIntExact(known.getInteger(i));
      negative |= resolved[i] < 0;
    }
    if (!negative) {
      return indices;
    }
    int dimension = Emitter.dim(source, axis);
    if (dimension == Shape.DYNAMIC) {
      throw OperandException.unsupported("negative indices along an unknown dimension");
    }
    for (int i = 0; i < resolved.length; i++) {
      resolved[i] += resolved[i] < 0 ? dimension : 0;
    }
    return emit.constant("indices", Tensor.of(resolved, known.dims()));
  }

  /** Returns the indices along an axis, from 0, as int32. */
  public static Value range(Emitter emit, Value x, int axis) {
    Value end = emit.squeeze(emit.dimension(x, axis), 0);
    Value numbers = emit.node(new Range(), emit.scalar(0), end, emit.scalar(1));
    return emit.narrow(numbers, Shape.of(Emitter.dim(x, axis)));
  }
}
