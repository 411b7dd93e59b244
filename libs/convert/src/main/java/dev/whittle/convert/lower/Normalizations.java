package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Minimum;
import dev.whittle.ir.op.math.Rsqrt;
import dev.whittle.ir.op.math.Square;
import dev.whittle.ir.tensor.TensorType;

/** Factors that normalize tensors along axes. */
public final class Normalizations {
  private Normalizations() {}

  /** {@code 1 / sqrt(mean(x^2) + epsilon)} over some axes, which stay with size 1. */
  public static Value inverseRootMeanSquare(Emitter emit, Value x, float epsilon, int... axes) {
    Value squares = emit.mean(emit.node(new Square(), x), true, axes);
    return emit.node(new Rsqrt(), emit.add(squares, epsilon));
  }

  /** {@code x} divided by its Euclidean norm over some axes, or by {@code epsilon} if larger. */
  public static Value toUnitNorm(Emitter emit, Value x, float epsilon, int... axes) {
    Value squares = emit.sum(emit.node(new Square(), x), true, axes);
    Value inverse =
        emit.node(
            new Minimum(),
            emit.node(new Rsqrt(), squares),
            emit.scalar(TensorType.FLOAT32, 1 / epsilon));
    return emit.mul(x, inverse);
  }
}
