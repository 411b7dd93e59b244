package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.signal.Imag;
import dev.whittle.ir.op.signal.Real;
import dev.whittle.ir.op.signal.Rfft2d;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;

/** Fourier transforms along the last axis. */
public final class FourierTransforms {
  private FourierTransforms() {}

  /**
   * The transform of real numbers, as a transform of matrices with one row.
   *
   * @param length int32, {@code [1, n]} for transforms of {@code n} numbers
   * @return complex, {@code [..., n / 2 + 1]}
   */
  public static Value forward(Emitter emit, Value x, Value length) {
    int rank = Emitter.rank(x);
    Value rows = emit.expandDims(x, rank - 1);
    return emit.squeeze(emit.node(new Rfft2d(), rows, length), rank - 1);
  }

  /**
   * The inverse of {@link #forward}, by products with matrices of cosines and sines.
   *
   * @param length the number of results
   */
  public static Value inverse(Emitter emit, Value spectrum, int length) {
    int bins = length / 2 + 1;
    int rank = Emitter.rank(spectrum);
    if (length < 1 || rank < 1 || Emitter.dim(spectrum, rank - 1) != bins) {
      throw OperandException.unsupported(
          "an inverse Fourier transform of %s to %d numbers; expected half as many, plus one",
          spectrum.shape(), length);
    }
    Emitter.checkGenerated((long) length * bins);
    Tensor cosines = Tensor.allocate(TensorType.FLOAT32, bins, length);
    Tensor sines = Tensor.allocate(TensorType.FLOAT32, bins, length);
    for (int bin = 0; bin < bins; bin++) {
      // All frequencies but the first and the highest stand for their conjugates, too.
      boolean single = bin == 0 || 2 * bin == length;
      double weight = (single ? 1.0 : 2.0) / length;
      for (int i = 0; i < length; i++) {
        double angle = 2 * Math.PI * ((long) bin * i % length) / length;
        cosines.setFloat((long) bin * length + i, (float) (weight * Math.cos(angle)));
        sines.setFloat((long) bin * length + i, (float) (-weight * Math.sin(angle)));
      }
    }
    Value even =
        emit.matmul(
            emit.node(new Real(), spectrum), emit.constant("cosines", cosines), false, false);
    Value odd =
        emit.matmul(emit.node(new Imag(), spectrum), emit.constant("sines", sines), false, false);
    return emit.add(even, odd);
  }
}
