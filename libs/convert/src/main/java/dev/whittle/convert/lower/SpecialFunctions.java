package dev.whittle.convert.lower;

import dev.whittle.ir.Value;
import dev.whittle.ir.op.math.Abs;
import dev.whittle.ir.op.math.Cos;
import dev.whittle.ir.op.math.Equal;
import dev.whittle.ir.op.math.Exp;
import dev.whittle.ir.op.math.Floor;
import dev.whittle.ir.op.math.Less;
import dev.whittle.ir.op.math.LessEqual;
import dev.whittle.ir.op.math.Log;
import dev.whittle.ir.op.math.LogicalAnd;
import dev.whittle.ir.op.math.Neg;
import dev.whittle.ir.op.math.Sign;
import dev.whittle.ir.op.math.Sin;
import dev.whittle.ir.op.math.Sqrt;

/** Special functions by series, within about 1e-6. */
final class SpecialFunctions {
  /** Giles, "Approximating the erfinv function" (2010), from the highest power down. */
  private static final double[] ERFINV_CENTER = {
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941
  };

  private static final double[] ERFINV_TAIL = {
    -0.000200214257,
    0.000100950558,
    0.00134934322,
    -0.00367342844,
    0.00573950773,
    -0.0076224613,
    0.00943887047,
    1.00167406,
    2.83297682
  };

  /** Chebyshev series of Cephes' i0ef and i1ef: for arguments up to 8, and beyond. */
  private static final double[] I0_NEAR = {
    -1.30002500998624804212e-8, 6.04699502254191894932e-8, -2.67079385394061173391e-7,
    1.11738753912010371815e-6, -4.41673835845875056359e-6, 1.64484480707288970893e-5,
    -5.75419501008210370398e-5, 1.88502885095841655729e-4, -5.76375574538582365885e-4,
    1.63947561694133579842e-3, -4.32430999505057594430e-3, 1.05464603945949983183e-2,
    -2.37374148058994688156e-2, 4.93052842396707084878e-2, -9.49010970480476444210e-2,
    1.71620901522208775349e-1, -3.04682672343198398683e-1, 6.76795274409476084995e-1
  };

  private static final double[] I0_FAR = {
    3.39623202570838634515e-9, 2.26666899049817806459e-8, 2.04891858946906374183e-7,
    2.89137052083475648297e-6, 6.88975834691682398426e-5, 3.36911647825569408990e-3,
    8.04490411014108831608e-1
  };

  private static final double[] I1_NEAR = {
    9.38153738649577178388e-9, -4.44505912879632808065e-8, 2.00329475355213526229e-7,
    -8.56872026469545474066e-7, 3.47025130813767847674e-6, -1.32731636560394358279e-5,
    4.78156510755005422638e-5, -1.61760815825896745588e-4, 5.12285956168575772895e-4,
    -1.51357245063125314899e-3, 4.15642294431288815669e-3, -1.05640848946261981558e-2,
    2.47264490306265168283e-2, -5.29459812080949914269e-2, 1.02643658689847095384e-1,
    -1.76416518357834055153e-1, 2.52587186443633654823e-1
  };

  private static final double[] I1_FAR = {
    -3.83538038596423702205e-9, -2.63146884688951950684e-8, -2.51223623787020892529e-7,
    -3.88256480887769039346e-6, -1.10588938762623716291e-4, -9.76109749136146840777e-3,
    7.78576235018280120474e-1
  };

  /** The number of steps of a recurrence that moves arguments where the series is exact. */
  private static final int DIGAMMA_STEPS = 6;

  private SpecialFunctions() {}

  /** The inverse of the error function; infinite at -1 and 1. */
  static Value inverseErf(Emitter emit, Value x) {
    Value one = emit.scalar(1f);
    Value product = emit.mul(emit.sub(one, x), emit.add(x, 1));
    Value isEnd = emit.node(new Equal(), emit.node(new Abs(), x), one);
    Value w = emit.node(new Neg(), emit.node(new Log(), emit.where(isEnd, one, product)));
    Value center = polynomial(emit, emit.sub(w, 2.5), ERFINV_CENTER);
    Value tail = polynomial(emit, emit.sub(emit.node(new Sqrt(), emit.max(w, 0)), 3), ERFINV_TAIL);
    Value isCenter = emit.node(new Less(), w, emit.scalar(5f));
    Value y = emit.mul(emit.where(isCenter, center, tail), x);
    return emit.where(isEnd, emit.mul(x, Double.POSITIVE_INFINITY), y);
  }

  /** The quantile of the normal distribution. */
  static Value normalQuantile(Emitter emit, Value p) {
    return emit.mul(inverseErf(emit, emit.sub(emit.mul(p, 2), 1)), Math.sqrt(2));
  }

  private static Value polynomial(Emitter emit, Value x, double[] factors) {
    Value sum = emit.add(emit.mul(x, factors[0]), factors[1]);
    for (int i = 2; i < factors.length; i++) {
      sum = emit.add(emit.mul(sum, x), factors[i]);
    }
    return sum;
  }

  /** The derivative of the gamma function's logarithm; NaN at its poles. */
  static Value digamma(Emitter emit, Value x) {
    Value zero = emit.scalar(0f);
    Value one = emit.scalar(1f);
    Value isReflected = emit.node(new LessEqual(), x, zero);
    Value whole = emit.node(new Floor(), x);
    Value isPole = emit.node(new LogicalAnd(), isReflected, emit.node(new Equal(), whole, x));
    Value z = emit.where(isReflected, emit.sub(one, x), x);
    Value below = emit.div(one, z);
    for (int i = 1; i < DIGAMMA_STEPS; i++) {
      below = emit.add(below, emit.div(one, emit.add(z, i)));
    }
    Value far = emit.add(z, DIGAMMA_STEPS);
    Value inverse = emit.div(one, far);
    Value square = emit.mul(inverse, inverse);
    // Abramowitz and Stegun (1964), 6.3.18.
    Value series =
        emit.mul(polynomial(emit, square, new double[] {-1 / 252.0, 1 / 120.0, -1 / 12.0}), square);
    Value direct =
        emit.sub(
            emit.add(emit.sub(emit.node(new Log(), far), emit.mul(inverse, 0.5)), series), below);
    // pi / tan(pi x) by the part behind the point, since the argument may be large.
    Value angle = emit.mul(emit.sub(x, whole), Math.PI);
    Value sine = emit.where(isReflected, emit.node(new Sin(), angle), one);
    Value cotangent = emit.div(emit.node(new Cos(), angle), emit.where(isPole, one, sine));
    Value reflected = emit.sub(direct, emit.mul(cotangent, Math.PI));
    Value y = emit.where(isReflected, reflected, direct);
    return emit.where(isPole, emit.scalar(Float.NaN), y);
  }

  // Modified Bessel functions of the first kind.

  /** {@code e^-|x| I_0(x)}. */
  static Value besselI0e(Emitter emit, Value x) {
    return bessel(emit, emit.node(new Abs(), x), I0_NEAR, I0_FAR);
  }

  /** {@code e^-|x| I_1(x)}. */
  static Value besselI1e(Emitter emit, Value x) {
    Value a = emit.node(new Abs(), x);
    Value isNear = emit.node(new LessEqual(), a, emit.scalar(8f));
    Value y = bessel(emit, a, I1_NEAR, I1_FAR);
    return emit.mul(emit.where(isNear, emit.mul(y, a), y), emit.node(new Sign(), x));
  }

  static Value besselI0(Emitter emit, Value x) {
    return emit.mul(besselI0e(emit, x), emit.node(new Exp(), emit.node(new Abs(), x)));
  }

  static Value besselI1(Emitter emit, Value x) {
    return emit.mul(besselI1e(emit, x), emit.node(new Exp(), emit.node(new Abs(), x)));
  }

  private static Value bessel(Emitter emit, Value a, double[] near, double[] far) {
    Value isNear = emit.node(new LessEqual(), a, emit.scalar(8f));
    Value inside = chebyshev(emit, emit.sub(emit.mul(a, 0.5), 2), near);
    Value distant = emit.max(a, 8);
    Value outside =
        emit.div(
            chebyshev(emit, emit.sub(emit.div(emit.scalar(32f), distant), 2), far),
            emit.node(new Sqrt(), distant));
    return emit.where(isNear, inside, outside);
  }

  /** Clenshaw's recurrence. */
  private static Value chebyshev(Emitter emit, Value x, double[] factors) {
    Value last = emit.scalar(0f);
    Value before = emit.scalar(0f);
    Value current = emit.scalar((float) factors[0]);
    for (int i = 1; i < factors.length; i++) {
      before = last;
      last = current;
      current = emit.add(emit.sub(emit.mul(x, last), before), factors[i]);
    }
    return emit.mul(emit.sub(current, before), 0.5);
  }
}
