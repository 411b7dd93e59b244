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
    -1.300025009986248e-08, 6.046995022541919e-08, -2.670793853940612e-07,
    1.1173875391201037e-06, -4.4167383584587505e-06, 1.6448448070728896e-05,
    -5.754195010082104e-05, 0.00018850288509584165, -0.0005763755745385824,
    0.0016394756169413357, -0.004324309995050576, 0.010546460394594998,
    -0.02373741480589947, 0.04930528423967071, -0.09490109704804764,
    0.17162090152220877, -0.3046826723431984, 0.6767952744094761
  };

  private static final double[] I0_FAR = {
    3.3962320257083865e-09, 2.266668990498178e-08, 2.0489185894690638e-07,
    2.8913705208347567e-06, 6.889758346916825e-05, 0.0033691164782556943,
    0.8044904110141088
  };

  private static final double[] I1_NEAR = {
    9.381537386495773e-09, -4.445059128796328e-08, 2.0032947535521353e-07,
    -8.568720264695455e-07, 3.4702513081376785e-06, -1.3273163656039436e-05,
    4.781565107550054e-05, -0.00016176081582589674, 0.0005122859561685758,
    -0.0015135724506312532, 0.004156422944312888, -0.010564084894626197,
    0.024726449030626516, -0.05294598120809499, 0.1026436586898471,
    -0.17641651835783406, 0.25258718644363365
  };

  private static final double[] I1_FAR = {
    -3.835380385964237e-09, -2.6314688468895196e-08, -2.512236237870209e-07,
    -3.882564808877691e-06, -0.00011058893876262371, -0.009761097491361469,
    0.7785762350182801
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
