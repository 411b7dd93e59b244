package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Cos;
import dev.whittle.ir.op.math.Exp;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.Sin;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.shape.ZerosLike;
import dev.whittle.ir.op.signal.Imag;
import dev.whittle.ir.op.signal.Real;
import dev.whittle.ir.tensor.TensorType;

/** Complex numbers as two tensors of one shape, since operators hardly compute with COMPLEX64. */
public record Complex(Value real, Value imaginary) {
  /** Returns the parts of a value of type COMPLEX64, or a real value with a part of zeros. */
  public static Complex of(Emitter emit, Value x) {
    if (x.type() == TensorType.COMPLEX64) {
      return new Complex(emit.node(new Real(), x), emit.node(new Imag(), x));
    }
    Value real = emit.cast(x, TensorType.FLOAT32);
    return new Complex(real, emit.node(new ZerosLike(), real));
  }

  /** Broadcasts two parts to each other. */
  public static Complex of(Emitter emit, Value real, Value imaginary) {
    if (real.shape().equals(imaginary.shape()) && real.shape().isStatic()) {
      return new Complex(real, imaginary);
    }
    return new Complex(
        emit.add(real, emit.node(new ZerosLike(), imaginary)),
        emit.add(imaginary, emit.node(new ZerosLike(), real)));
  }

  public Complex conjugate(Emitter emit) {
    return new Complex(real, emit.node(new Neg(), imaginary));
  }

  public Complex times(Emitter emit, Complex other) {
    return new Complex(
        emit.sub(emit.mul(real, other.real), emit.mul(imaginary, other.imaginary)),
        emit.add(emit.mul(real, other.imaginary), emit.mul(imaginary, other.real)));
  }

  public Complex dividedBy(Emitter emit, Complex other) {
    Complex product = times(emit, other.conjugate(emit));
    Value square = other.square(emit);
    return new Complex(emit.div(product.real, square), emit.div(product.imaginary, square));
  }

  /** The square of the magnitude. */
  private Value square(Emitter emit) {
    return emit.add(emit.mul(real, real), emit.mul(imaginary, imaginary));
  }

  public Value magnitude(Emitter emit) {
    return emit.node(new Sqrt(), square(emit));
  }

  /** The angle from the positive real axis, in radians. */
  public Value angle(Emitter emit) {
    return Functions.atan2(emit, imaginary, real);
  }

  public Complex exp(Emitter emit) {
    Value length = emit.node(new Exp(), real);
    return new Complex(
        emit.mul(length, emit.node(new Cos(), imaginary)),
        emit.mul(length, emit.node(new Sin(), imaginary)));
  }
}
