package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.index.Gather;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.shape.Range;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

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

  /**
   * Takes elements along an axis, each by an index of its own, as NumPy's {@code take_along_axis}.
   *
   * @param indices negative from the end; as many axes as {@code x}, broadcast along all others
   */
  public static Value takeAlongAxis(Emitter emit, Value x, Value indices, int axis) {
    int rank = Emitter.rank(x);
    Emitter.requireRank(indices, rank);
    int a = Emitter.axis(x, axis);
    Value size = emit.cast(emit.squeeze(emit.dimension(x, a), 0), indices.type());
    Value isNegative = emit.node(new Less(), indices, emit.scalar(indices.type(), 0));
    Value at = emit.where(isNegative, emit.add(indices, size), indices);
    Value source = broadcastBeside(emit, x, at, a);
    Value places = broadcastBeside(emit, at, x, a);
    Value rows = a == rank - 1 ? source : emit.swap(source, a, rank - 1);
    Value columns = a == rank - 1 ? places : emit.swap(places, a, rank - 1);
    Value taken = emit.node(new Gather(rank - 1, rank - 1), rows, columns);
    return a == rank - 1 ? taken : emit.swap(taken, a, rank - 1);
  }

  /** Broadcasts all axes but one to those of another value. */
  private static Value broadcastBeside(Emitter emit, Value x, Value other, int axis) {
    int[] dims = Emitter.dims(x);
    List<Value> shape = new ArrayList<>();
    boolean differs = false;
    for (int i = 0; i < dims.length; i++) {
      boolean stretched = i != axis && dims[i] == 1 && Emitter.dim(other, i) != 1;
      shape.add(emit.dimension(stretched ? other : x, i));
      dims[i] = stretched ? Emitter.dim(other, i) : dims[i];
      differs |= stretched;
    }
    return differs ? emit.narrow(emit.broadcastTo(x, emit.concat(0, shape)), Shape.of(dims)) : x;
  }
}
