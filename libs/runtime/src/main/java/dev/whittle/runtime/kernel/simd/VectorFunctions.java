package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Functions of floats, element by element. Each has a loop in a method of its own: together they
 * would be too much for the compiler to inline.
 */
final class VectorFunctions {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  /** From here on, floats are whole. */
  private static final float WHOLE = 0x1p23f;

  private static final int ONE_BITS = Float.floatToRawIntBits(1f);
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(Vectors.ROUNDER);

  private VectorFunctions() {}

  static FloatVector exp(FloatVector x) {
    FloatVector in = within(x, ScalarFunctions.EXP_LOW, ScalarFunctions.EXP_HIGH);
    FloatVector shifted = shifted(in);
    FloatVector p = expOfRest(in, shifted);
    IntVector exponent = shifted.reinterpretAsInts().sub(ROUNDER_BITS);
    IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
    // In two steps: one would not reach the ends of the range.
    FloatVector scaled = p.mul(powerOfTwo(half)).mul(powerOfTwo(exponent.sub(half)));
    // Of a NaN above, the polynomial is NaN.
    return scaled;
  }

  /** {@link ScalarFunctions#expWithin}. */
  private static FloatVector expWithin(FloatVector x) {
    FloatVector in = within(x, ScalarFunctions.EXP_LEAST, ScalarFunctions.EXP_MOST);
    FloatVector shifted = shifted(in);
    FloatVector p = expOfRest(in, shifted);
    // The lowest bits are the exponent of the power of two. Of a NaN, the polynomial is NaN.
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return p.mul(exponent.add(ONE_BITS).reinterpretAsFloats());
  }

  /** Compared and blended, as {@link Vectors#clamp}. */
  private static FloatVector within(FloatVector x, float low, float high) {
    FloatVector raised = x.blend(low, x.lt(low));
    return raised.blend(high, raised.compare(VectorOperators.GT, high));
  }

  /** The number by powers of two, rounded, with {@link Vectors#ROUNDER} added. */
  private static FloatVector shifted(FloatVector x) {
    return x.fma(
        FloatVector.broadcast(FLOATS, ScalarFunctions.LOG2_E),
        FloatVector.broadcast(FLOATS, Vectors.ROUNDER));
  }

  private static FloatVector expOfRest(FloatVector x, FloatVector shifted) {
    FloatVector n = shifted.sub(Vectors.ROUNDER);
    FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -ScalarFunctions.LN2_HIGH), x);
    r = n.fma(FloatVector.broadcast(FLOATS, -ScalarFunctions.LN2_LOW), r);
    FloatVector p = FloatVector.broadcast(FLOATS, ScalarFunctions.EXP[0]);
    for (int i = 1; i < 6; i++) {
      p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarFunctions.EXP[i]));
    }
    return p.fma(r.mul(r), r).add(1f);
  }

  private static FloatVector powerOfTwo(IntVector exponent) {
    return exponent.add(127).lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }

  private static FloatVector logistic(FloatVector x) {
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    return one.div(expWithin(x.neg()).add(1f));
  }

  private static FloatVector tanh(FloatVector x) {
    FloatVector magnitude = x.abs();
    FloatVector square = x.mul(x);
    FloatVector p = FloatVector.broadcast(FLOATS, ScalarFunctions.TANH[0]);
    for (int i = 1; i < 5; i++) {
      p = p.fma(square, FloatVector.broadcast(FLOATS, ScalarFunctions.TANH[i]));
    }
    FloatVector near = p.mul(square).fma(x, x);
    FloatVector one = FloatVector.broadcast(FLOATS, 1f);
    FloatVector far = one.sub(one.add(one).div(expWithin(magnitude.add(magnitude)).add(1f)));
    FloatVector signed = far.blend(far.neg(), x.lt(0f));
    return signed.blend(near, magnitude.lt(ScalarFunctions.TANH_NEAR));
  }

  private static FloatVector log(FloatVector x) {
    VectorMask<Float> tiny = x.lt(Float.MIN_NORMAL);
    FloatVector in = x.blend(x.mul(ScalarFunctions.LOG_SCALE), tiny);
    IntVector bits = in.reinterpretAsInts();
    IntVector exponent =
        bits.sub(ScalarFunctions.ROOT_HALF_BITS).lanewise(VectorOperators.ASHR, 23);
    FloatVector e = (FloatVector) exponent.convert(VectorOperators.I2F, 0);
    e = e.blend(e.sub(23f), tiny);
    FloatVector f =
        bits.sub(exponent.lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats().sub(1f);
    FloatVector p = FloatVector.broadcast(FLOATS, ScalarFunctions.LOG[0]);
    for (int i = 1; i < 9; i++) {
      p = p.fma(f, FloatVector.broadcast(FLOATS, ScalarFunctions.LOG[i]));
    }
    FloatVector square = f.mul(f);
    FloatVector rest =
        p.mul(f).fma(square, e.mul(ScalarFunctions.LOG_LN2_LOW)).sub(square.mul(0.5f));
    FloatVector high = FloatVector.broadcast(FLOATS, ScalarFunctions.LOG_LN2_HIGH);
    FloatVector result = e.fma(high, f.add(rest));
    result = result.blend(x, x.eq(Float.POSITIVE_INFINITY));
    result = result.blend(Float.NaN, x.compare(VectorOperators.GT, 0f).not());
    return result.blend(Float.NEGATIVE_INFINITY, x.eq(0f));
  }

  private static FloatVector erf(FloatVector x) {
    FloatVector in =
        Vectors.clamp(
            x,
            FloatVector.broadcast(FLOATS, -ScalarFunctions.ERF_END),
            FloatVector.broadcast(FLOATS, ScalarFunctions.ERF_END));
    FloatVector square = in.mul(in);
    FloatVector p = FloatVector.broadcast(FLOATS, ScalarFunctions.ERF_ABOVE[0]);
    for (int i = 1; i < 5; i++) {
      p = p.fma(square, FloatVector.broadcast(FLOATS, ScalarFunctions.ERF_ABOVE[i]));
    }
    FloatVector q = FloatVector.broadcast(FLOATS, ScalarFunctions.ERF_BELOW[0]);
    for (int i = 1; i < 7; i++) {
      q = q.fma(square, FloatVector.broadcast(FLOATS, ScalarFunctions.ERF_BELOW[i]));
    }
    return in.mul(p).div(q);
  }

  /** {@link MicroKernels#unary}. */
  static void unary(
      Unary function, float[] input, int at, float[] output, int to, int count, float alpha) {
    int end = FLOATS.loopBound(count);
    switch (function) {
      case ABS -> abss(input, at, output, to, end);
      case CEIL -> ceils(input, at, output, to, end);
      case ELU -> elus(input, at, output, to, end);
      case EXP -> exps(input, at, output, to, end);
      case FLOOR -> floors(input, at, output, to, end);
      case GELU -> gelus(input, at, output, to, end);
      case GELU_BY_TANH -> gelusByTanh(input, at, output, to, end);
      case HARD_SWISH -> hardSwishs(input, at, output, to, end);
      case LEAKY_RELU -> leakyRelus(input, at, output, to, end, alpha);
      case LOG -> logs(input, at, output, to, end);
      case LOGISTIC -> logistics(input, at, output, to, end);
      case NEG -> negs(input, at, output, to, end);
      case ROUND -> rounds(input, at, output, to, end);
      case RSQRT -> rsqrts(input, at, output, to, end);
      case SIGN -> signs(input, at, output, to, end);
      case SQRT -> sqrts(input, at, output, to, end);
      case SQUARE -> squares(input, at, output, to, end);
      case SWISH -> swishs(input, at, output, to, end);
      case TANH -> tanhs(input, at, output, to, end);
    }
    ScalarFunctions.unary(function, input, at, output, to, end, count, alpha);
  }

  private static void abss(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.abs().intoArray(output, to + i);
    }
  }

  /** The nearest whole numbers, halves to even, of numbers below 2^23; zeros have their signs. */
  private static FloatVector nearest(FloatVector x) {
    return withSign(x.abs().add(WHOLE).sub(WHOLE), x);
  }

  private static FloatVector withSign(FloatVector magnitude, FloatVector sign) {
    IntVector bits = sign.reinterpretAsInts().and(Integer.MIN_VALUE);
    return magnitude.reinterpretAsInts().or(bits).reinterpretAsFloats();
  }

  private static void ceils(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector near = nearest(x);
      FloatVector up = near.blend(near.add(1f), near.lt(x));
      withSign(up, x)
          .blend(x, x.abs().compare(VectorOperators.GE, WHOLE))
          .intoArray(output, to + i);
    }
  }

  private static void floors(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector near = nearest(x);
      FloatVector down = near.blend(near.sub(1f), x.lt(near));
      down.blend(x, x.abs().compare(VectorOperators.GE, WHOLE)).intoArray(output, to + i);
    }
  }

  private static void rounds(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      nearest(x).blend(x, x.abs().compare(VectorOperators.GE, WHOLE)).intoArray(output, to + i);
    }
  }

  private static void signs(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector below = x.blend(-1f, x.lt(0f));
      below.blend(1f, x.compare(VectorOperators.GT, 0f)).intoArray(output, to + i);
    }
  }

  private static void elus(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.blend(expWithin(x).sub(1f), x.lt(0f)).intoArray(output, to + i);
    }
  }

  private static void exps(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      exp(x).intoArray(output, to + i);
    }
  }

  private static void gelus(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.mul(0.5f).mul(erf(x.mul(ScalarFunctions.ROOT_HALF)).add(1f)).intoArray(output, to + i);
    }
  }

  private static void gelusByTanh(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector inner =
          x.mul(x).fma(x.mul(ScalarFunctions.GELU_CUBE), x).mul(ScalarFunctions.ROOT_TWO_OVER_PI);
      x.mul(0.5f).mul(tanh(inner).add(1f)).intoArray(output, to + i);
    }
  }

  private static void hardSwishs(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.mul(within(x.add(3f), 0f, 6f)).mul(1f / 6).intoArray(output, to + i);
    }
  }

  private static void leakyRelus(
      float[] input, int at, float[] output, int to, int end, float alpha) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.blend(x.mul(alpha), x.lt(0f)).intoArray(output, to + i);
    }
  }

  private static void logistics(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      logistic(x).intoArray(output, to + i);
    }
  }

  private static void logs(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      log(x).intoArray(output, to + i);
    }
  }

  private static void negs(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.neg().intoArray(output, to + i);
    }
  }

  private static void rsqrts(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector.broadcast(FLOATS, 1f).div(x.sqrt()).intoArray(output, to + i);
    }
  }

  private static void sqrts(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.sqrt().intoArray(output, to + i);
    }
  }

  private static void squares(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.mul(x).intoArray(output, to + i);
    }
  }

  private static void swishs(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.mul(logistic(x)).intoArray(output, to + i);
    }
  }

  private static void tanhs(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      tanh(x).intoArray(output, to + i);
    }
  }

  /** {@link MicroKernels#binary}. */
  static void binary(
      Binary function,
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int count,
      float min,
      float max) {
    int end = FLOATS.loopBound(count);
    switch (function) {
      case ADD -> sums(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case SUB -> differences(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case MUL -> products(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case DIV -> quotients(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case MAXIMUM -> maxima(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case MINIMUM -> minima(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case PRELU -> prelus(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
      case SQUARED_DIFFERENCE ->
          squaredDifferences(a, aAt, aStep, b, bAt, bStep, output, to, end, min, max);
    }
    ScalarFunctions.binary(
        function, a, aAt, aStep, b, bAt, bStep, output, to, end, count, min, max);
  }

  private static void sums(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.load(a, aAt, i, aStep);
      FloatVector y = Vectors.load(b, bAt, i, bStep);
      Vectors.clamp(x.add(y), low, high).intoArray(output, to + i);
    }
  }

  private static void differences(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.load(a, aAt, i, aStep);
      FloatVector y = Vectors.load(b, bAt, i, bStep);
      Vectors.clamp(x.sub(y), low, high).intoArray(output, to + i);
    }
  }

  private static void products(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.load(a, aAt, i, aStep);
      FloatVector y = Vectors.load(b, bAt, i, bStep);
      Vectors.clamp(x.mul(y), low, high).intoArray(output, to + i);
    }
  }

  private static void quotients(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.load(a, aAt, i, aStep);
      FloatVector y = Vectors.load(b, bAt, i, bStep);
      Vectors.clamp(x.div(y), low, high).intoArray(output, to + i);
    }
  }

  private static void maxima(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.load(a, aAt, i, aStep);
      FloatVector y = Vectors.load(b, bAt, i, bStep);
      Vectors.clamp(x.max(y), low, high).intoArray(output, to + i);
    }
  }

  private static void minima(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.load(a, aAt, i, aStep);
      FloatVector y = Vectors.load(b, bAt, i, bStep);
      Vectors.clamp(x.min(y), low, high).intoArray(output, to + i);
    }
  }

  private static void prelus(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.load(a, aAt, i, aStep);
      FloatVector y = Vectors.load(b, bAt, i, bStep);
      Vectors.clamp(x.blend(x.mul(y), x.lt(0f)), low, high).intoArray(output, to + i);
    }
  }

  private static void squaredDifferences(
      float[] a,
      int aAt,
      int aStep,
      float[] b,
      int bAt,
      int bStep,
      float[] output,
      int to,
      int end,
      float min,
      float max) {
    FloatVector low = FloatVector.broadcast(FLOATS, min);
    FloatVector high = FloatVector.broadcast(FLOATS, max);
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.load(a, aAt, i, aStep);
      FloatVector y = Vectors.load(b, bAt, i, bStep);
      FloatVector d = x.sub(y);
      Vectors.clamp(d.mul(d), low, high).intoArray(output, to + i);
    }
  }
}
