package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Atan2;
import dev.whittle.ir.op.math.Cos;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.Exp;
import dev.whittle.ir.op.math.Floor;
import dev.whittle.ir.op.math.FloorDiv;
import dev.whittle.ir.op.math.Greater;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.Log;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.Pow;
import dev.whittle.ir.op.math.Sign;
import dev.whittle.ir.op.math.Sin;
import dev.whittle.ir.op.math.Sqrt;
import dev.whittle.ir.op.math.Square;
import dev.whittle.ir.op.shape.ZerosLike;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.TensorType;

/** Elementwise functions that no operator computes, as combinations of operators. */
public final class Functions {
  /** Abramowitz and Stegun (1964), 7.1.26, from the highest power down. */
  private static final double[] ERF = {
    1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592
  };

  /**
   * Lanczos, "A precision approximation of the gamma function" (1964), for g = 5: few terms, of
   * which 32-bit floats lose little.
   */
  private static final double[] LANCZOS = {
    76.18009173, -86.50532033, 24.01409824, -1.231739572, 1.208650974e-3, -5.395239385e-6
  };

  private Functions() {}

  /** The error function, within 1.5e-7. */
  public static Value erf(Emitter emit, Value x) {
    Value a = emit.node(new Abs(), x);
    Value t = emit.div(emit.scalar(1f), emit.add(emit.mul(a, 0.3275911), 1));
    Value sum = emit.mul(t, ERF[0]);
    for (int i = 1; i < ERF.length; i++) {
      sum = emit.mul(emit.add(sum, ERF[i]), t);
    }
    Value tail = emit.mul(sum, emit.node(new Exp(), emit.node(new Neg(), emit.mul(a, a))));
    return emit.mul(emit.node(new Sign(), x), emit.sub(emit.scalar(1f), tail));
  }

  /** The angle of a point; the native operator takes operands of one shape only. */
  public static Value atan2(Emitter emit, Value y, Value x) {
    Value a = emit.cast(y, TensorType.FLOAT32);
    Value b = emit.cast(x, TensorType.FLOAT32);
    if (!a.shape().equals(b.shape())) {
      Value wideA = emit.add(a, emit.node(new ZerosLike(), b));
      b = emit.add(b, emit.node(new ZerosLike(), a));
      a = wideA;
    }
    return emit.node(new Atan2(), a, b);
  }

  public static Value atan(Emitter emit, Value x) {
    return atan2(emit, x, emit.scalar(1f));
  }

  public static Value asin(Emitter emit, Value x) {
    return atan2(emit, x, cosineOf(emit, x));
  }

  public static Value acos(Emitter emit, Value x) {
    return atan2(emit, cosineOf(emit, x), x);
  }

  private static Value cosineOf(Emitter emit, Value sine) {
    return emit.node(new Sqrt(), emit.sub(emit.scalar(1f), emit.mul(sine, sine)));
  }

  public static Value tan(Emitter emit, Value x) {
    return emit.div(emit.node(new Sin(), x), emit.node(new Cos(), x));
  }

  /** By its series near zero, where the difference of exponentials would lose digits. */
  public static Value sinh(Emitter emit, Value x) {
    Value difference = emit.sub(exp(emit, x), exp(emit, emit.node(new Neg(), x)));
    return nearZero(
        emit, x, 0.5, emit.mul(difference, 0.5), 1 / 6.0, 1 / 120.0, 1 / 5040.0, 1 / 362880.0);
  }

  public static Value cosh(Emitter emit, Value x) {
    return emit.mul(emit.add(exp(emit, x), exp(emit, emit.node(new Neg(), x))), 0.5);
  }

  public static Value asinh(Emitter emit, Value x) {
    Value a = emit.node(new Abs(), x);
    Value root = emit.node(new Sqrt(), emit.add(emit.mul(a, a), 1));
    Value whole =
        emit.mul(
            emit.node(new Sign(), x),
            unlessLarge(emit, a, emit.node(new Log(), emit.add(a, root))));
    return nearZero(emit, x, 0.2, whole, -1 / 6.0, 3 / 40.0, -15 / 336.0);
  }

  public static Value acosh(Emitter emit, Value x) {
    Value root = emit.node(new Sqrt(), emit.sub(emit.mul(x, x), 1));
    return unlessLarge(emit, x, emit.node(new Log(), emit.add(x, root)));
  }

  /** {@code log(2 x)} where the square of x would overflow, another value elsewhere. */
  private static Value unlessLarge(Emitter emit, Value x, Value elsewhere) {
    Value isLarge = emit.node(new Greater(), x, emit.scalar(1e9f));
    return emit.where(isLarge, emit.add(emit.node(new Log(), x), Math.log(2)), elsewhere);
  }

  public static Value atanh(Emitter emit, Value x) {
    Value ratio = emit.div(emit.add(x, 1), emit.sub(emit.scalar(1f), x));
    Value whole = emit.mul(emit.node(new Log(), ratio), 0.5);
    return nearZero(emit, x, 0.2, whole, 1 / 3.0, 1 / 5.0, 1 / 7.0, 1 / 9.0);
  }

  /** {@code x (1 + a x^2 + b x^4 + ...)} where x is small, {@code whole} elsewhere. */
  private static Value nearZero(
      Emitter emit, Value x, double limit, Value whole, double... factors) {
    Value square = emit.mul(x, x);
    Value sum = emit.mul(square, factors[factors.length - 1]);
    for (int i = factors.length - 2; i >= 0; i--) {
      sum = emit.mul(square, emit.add(sum, factors[i]));
    }
    Value series = emit.mul(x, emit.add(sum, 1));
    Value isSmall = emit.node(new Less(), emit.node(new Abs(), x), emit.scalar((float) limit));
    return emit.where(isSmall, series, whole);
  }

  /** The logarithm of the gamma function's magnitude; below 1/2 by reflection. */
  public static Value logGamma(Emitter emit, Value x) {
    Value isSmall = emit.node(new Less(), x, emit.scalar(0.5f));
    Value z = emit.where(isSmall, emit.sub(emit.scalar(1f), x), x);
    Value sum = emit.scalar(1f);
    for (int i = 0; i < LANCZOS.length; i++) {
      sum = emit.add(sum, emit.div(emit.scalar((float) LANCZOS[i]), emit.add(z, i + 1)));
    }
    Value t = emit.add(z, 5.5);
    Value power = emit.sub(emit.mul(emit.add(z, 0.5), emit.node(new Log(), t)), t);
    Value scaled = emit.div(emit.mul(sum, Math.sqrt(2 * Math.PI)), z);
    Value direct = emit.add(power, emit.node(new Log(), scaled));
    // sin(pi x) of the part behind the point, since the argument may be large.
    Value part = emit.sub(x, emit.node(new Floor(), x));
    Value sine = emit.node(new Sin(), emit.mul(part, Math.PI));
    Value reflected =
        emit.sub(
            emit.sub(emit.scalar((float) Math.log(Math.PI)), emit.node(new Log(), sine)), direct);
    return emit.where(isSmall, reflected, direct);
  }

  private static Value exp(Emitter emit, Value x) {
    return emit.node(new Exp(), x);
  }

  // Powers, roots and rounding.

  /** {@code x^2} of any numbers; SQUARE takes floats only. */
  public static Value square(Emitter emit, Value x) {
    return x.type() == TensorType.FLOAT32 ? emit.node(new Square(), x) : emit.mul(x, x);
  }

  public static Value cubeRoot(Emitter emit, Value x) {
    return emit.mul(
        emit.node(new Sign(), x),
        emit.node(new Pow(), emit.node(new Abs(), x), emit.scalar(1f / 3)));
  }

  public static Value reciprocal(Emitter emit, Value x) {
    return emit.div(emit.scalar(x.type(), 1), x);
  }

  /** {@code x} rounded towards zero. */
  public static Value truncate(Emitter emit, Value x) {
    return emit.mul(emit.node(new Sign(), x), emit.node(new Floor(), emit.node(new Abs(), x)));
  }

  /** The complementary error function. */
  public static Value erfc(Emitter emit, Value x) {
    return emit.sub(emit.scalar(1f), erf(emit, x));
  }

  public static Value isFinite(Emitter emit, Value x) {
    return emit.node(new Equal(), emit.sub(x, x), emit.scalar(0f));
  }

  public static Value isInfinite(Emitter emit, Value x) {
    return emit.node(new Equal(), emit.node(new Abs(), x), emit.scalar(Float.POSITIVE_INFINITY));
  }

  // Functions of two operands.

  public static Value floorDivide(Emitter emit, Value a, Value b) {
    return emit.binary(new FloorDiv(), a, b);
  }

  static long floorQuotient(long a, long b) {
    if (b == 0) {
      throw OperandException.invalid("a division by zero");
    }
    return Math.floorDiv(a, b);
  }

  /** The quotient, rounded towards zero. */
  public static Value truncateDivide(Emitter emit, Value a, Value b) {
    Value quotient = emit.div(a, b);
    return a.type() == TensorType.FLOAT32 ? truncate(emit, quotient) : quotient;
  }

  /** The remainder of a division rounded towards zero. */
  public static Value truncateMod(Emitter emit, Value a, Value b) {
    return emit.sub(a, emit.mul(truncateDivide(emit, a, b), b));
  }

  /** {@code sqrt(a^2 + b^2)}. */
  public static Value hypot(Emitter emit, Value a, Value b) {
    return emit.node(new Sqrt(), emit.add(emit.mul(a, a), emit.mul(b, b)));
  }

  /** {@code log(e^a + e^b)}. */
  public static Value logAddExp(Emitter emit, Value a, Value b) {
    Value distance = emit.node(new Neg(), emit.node(new Abs(), emit.sub(a, b)));
    return emit.add(emit.max(a, b), emit.node(new Log(), emit.add(exp(emit, distance), 1)));
  }

  /** {@code a / b}, 0 where b is 0. */
  public static Value divideNoNan(Emitter emit, Value a, Value b) {
    Value zero = emit.scalar(a.type(), 0);
    Value isZero = emit.node(new Equal(), b, zero);
    Value divisor = emit.where(isZero, emit.scalar(a.type(), 1), b);
    return emit.where(isZero, zero, emit.div(a, divisor));
  }

  /** {@code a b}, 0 where b is 0. */
  public static Value multiplyNoNan(Emitter emit, Value a, Value b) {
    return zeroWhere(emit, b, emit.mul(a, b));
  }

  /** {@code x / y}, 0 where x is 0. */
  public static Value xDivY(Emitter emit, Value x, Value y) {
    return zeroWhere(emit, x, emit.div(x, y));
  }

  /** {@code x log(y)}, 0 where x is 0. */
  public static Value xLogY(Emitter emit, Value x, Value y) {
    return zeroWhere(emit, x, emit.mul(x, emit.node(new Log(), y)));
  }

  /** {@code x log(1 + y)}, 0 where x is 0. */
  public static Value xLog1pY(Emitter emit, Value x, Value y) {
    return xLogY(emit, x, emit.add(y, 1));
  }

  private static Value zeroWhere(Emitter emit, Value tested, Value result) {
    Value zero = emit.scalar(result.type(), 0);
    return emit.where(emit.node(new Equal(), tested, zero), zero, result);
  }
}
