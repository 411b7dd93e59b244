package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.signal.Rfft2d;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Tensor;
import dev.whittle.ir.tensor.TensorType;
import java.util.function.DoubleUnaryOperator;

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
   * The transform of real numbers, by products with matrices: for lengths that the operator does
   * not take, which are no powers of two.
   *
   * @param length the number of values transformed; others are left out, or zeros are added
   * @return {@code [..., length / 2 + 1]}
   */
  public static Complex spectrum(Emitter emit, Value x, int length) {
    requireLength(length);
    int bins = length / 2 + 1;
    Value fitted = fitted(emit, emit.cast(x, TensorType.FLOAT32), length);
    return new Complex(
        product(emit, fitted, wave(length, bins, length, 1, Math::cos)),
        product(emit, fitted, wave(length, bins, length, -1, Math::sin)));
  }

  /**
   * The transform of complex numbers along the last axis, by products with matrices.
   *
   * @param inverse whether it is the inverse, divided by the number of values
   */
  public static Complex transform(Emitter emit, Complex x, boolean inverse) {
    int n = Emitter.fixedDimension(x.real(), -1);
    requireLength(n);
    double scale = inverse ? 1.0 / n : 1;
    Tensor cosines = wave(n, n, n, scale, Math::cos);
    Tensor sines = wave(n, n, n, inverse ? scale : -scale, Math::sin);
    return new Complex(
        emit.sub(product(emit, x.real(), cosines), product(emit, x.imaginary(), sines)),
        emit.add(product(emit, x.real(), sines), product(emit, x.imaginary(), cosines)));
  }

  /** The same along the last two axes. */
  public static Complex transformImages(Emitter emit, Complex x, boolean inverse) {
    Complex rows = swapped(emit, transform(emit, x, inverse));
    return swapped(emit, transform(emit, rows, inverse));
  }

  private static Complex swapped(Emitter emit, Complex x) {
    return new Complex(emit.swap(x.real(), -1, -2), emit.swap(x.imaginary(), -1, -2));
  }

  private static void requireLength(int length) {
    if (length < 1) {
      throw OperandException.invalid("a Fourier transform of %d numbers", length);
    }
    Emitter.checkGenerated((long) length * length);
  }

  /** Returns {@code scale f(2 pi row column / period)}. */
  private static Tensor wave(
      int rows, int columns, int period, double scale, DoubleUnaryOperator f) {
    Tensor wave = Tensor.allocate(TensorType.FLOAT32, rows, columns);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        double angle = 2 * Math.PI * ((long) row * column % period) / period;
        wave.setFloat((long) row * columns + column, (float) (scale * f.applyAsDouble(angle)));
      }
    }
    return wave;
  }

  private static Value product(Emitter emit, Value x, Tensor matrix) {
    boolean vector = Emitter.rank(x) == 1;
    Value rows = vector ? emit.expandDims(x, 0) : x;
    Value y = emit.matmul(rows, emit.constant("waves", matrix), false, false);
    return vector ? emit.squeeze(y, 0) : y;
  }

  /** Cuts the last axis, or adds zeros. */
  private static Value fitted(Emitter emit, Value x, int length) {
    int size = Emitter.fixedDimension(x, -1);
    int[] padding = new int[2 * Emitter.rank(x)];
    padding[padding.length - 1] = Math.max(0, length - size);
    return emit.pad(emit.slice(x, -1, 0, Math.min(length, size)), padding);
  }

  /**
   * The inverse of {@link #forward}, by products with matrices of cosines and sines.
   *
   * @param spectrum {@code [..., bins]}; of more than {@code length / 2 + 1} bins the first count,
   *     fewer are followed by zeros
   * @param length the number of results
   */
  public static Value inverse(Emitter emit, Complex spectrum, int length) {
    requireLength(length);
    int bins = length / 2 + 1;
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
    return emit.add(
        product(emit, fitted(emit, spectrum.real(), bins), cosines),
        product(emit, fitted(emit, spectrum.imaginary(), bins), sines));
  }
}
