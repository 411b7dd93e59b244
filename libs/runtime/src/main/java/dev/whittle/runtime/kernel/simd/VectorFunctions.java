package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Elementwise functions of floats. Each has a loop in a method of its own: together they would be
 * more than the compiler inlines.
 */
final class VectorFunctions {
  private static final VectorSpecies<Float> FLOATS = Vectors.FLOATS;
  private static final int LANES = Vectors.LANES;

  /** Floats of this magnitude or a greater one are integers. */
  private static final float MIN_INTEGER = 0x1p23f;

  private static final int ONE_BITS = Float.floatToRawIntBits(1f);
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(Vectors.ROUNDER);

  private VectorFunctions() {}

  static FloatVector exp(FloatVector x) {
    FloatVector in = within(x, ScalarFunctions.EXP_LOW, ScalarFunctions.EXP_HIGH);
    FloatVector shifted = shifted(in);
    FloatVector p = expOfRest(in, shifted);
    IntVector exponent = shifted.reinterpretAsInts().sub(ROUNDER_BITS);
    IntVector half = exponent.lanewise(VectorOperators.ASHR, 1);
    // Two factors: the power of two may be out of range.
    // The polynomial of NaN is NaN.
    return p.mul(powerOfTwo(half)).mul(powerOfTwo(exponent.sub(half)));
  }

  /** See {@link ScalarFunctions#expWithin}. */
  private static FloatVector expWithin(FloatVector x) {
    FloatVector in = within(x, ScalarFunctions.EXP_WITHIN_LOW, ScalarFunctions.EXP_WITHIN_HIGH);
    FloatVector shifted = shifted(in);
    FloatVector p = expOfRest(in, shifted);
    // The lowest bits are the exponent of the power of two. The polynomial of NaN is NaN.
    IntVector exponent = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
    return p.mul(exponent.add(ONE_BITS).reinterpretAsFloats());
  }

  /** Clamps as {@link Vectors#clamp}. */
  private static FloatVector within(FloatVector x, float low, float high) {
    FloatVector raised = x.blend(low, x.lt(low));
    return raised.blend(high, raised.compare(VectorOperators.GT, high));
  }

  /** Returns {@code x / ln(2)} rounded to an integer, plus {@link Vectors#ROUNDER}. */
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
    FloatVector p = FloatVector.broadcast(FLOATS, ScalarFunctions.ERF_NUMERATOR[0]);
    for (int i = 1; i < 5; i++) {
      p = p.fma(square, FloatVector.broadcast(FLOATS, ScalarFunctions.ERF_NUMERATOR[i]));
    }
    FloatVector q = FloatVector.broadcast(FLOATS, ScalarFunctions.ERF_DENOMINATOR[0]);
    for (int i = 1; i < 7; i++) {
      q = q.fma(square, FloatVector.broadcast(FLOATS, ScalarFunctions.ERF_DENOMINATOR[i]));
    }
    return in.mul(p).div(q);
  }

  /** See {@link MicroKernels#unary}. */
  static void unary(
      Unary function, float[] input, int at, float[] output, int to, int count, float alpha) {
    int end = FLOATS.loopBound(count);
    switch (function) {
      case ABS -> abs(input, at, output, to, end);
      case CEIL -> ceil(input, at, output, to, end);
      case ELU -> elu(input, at, output, to, end);
      case EXP -> exp(input, at, output, to, end);
      case FLOOR -> floor(input, at, output, to, end);
      case GELU -> gelu(input, at, output, to, end);
      case GELU_BY_TANH -> geluByTanh(input, at, output, to, end);
      case HARD_SWISH -> hardSwish(input, at, output, to, end);
      case LEAKY_RELU -> leakyRelu(input, at, output, to, end, alpha);
      case LOG -> log(input, at, output, to, end);
      case LOGISTIC -> logistic(input, at, output, to, end);
      case NEG -> neg(input, at, output, to, end);
      case ROUND -> round(input, at, output, to, end);
      case RSQRT -> rsqrt(input, at, output, to, end);
      case SIGN -> sign(input, at, output, to, end);
      case SQRT -> sqrt(input, at, output, to, end);
      case SQUARE -> square(input, at, output, to, end);
      case SWISH -> swish(input, at, output, to, end);
      case TANH -> tanh(input, at, output, to, end);
    }
    ScalarFunctions.unary(function, input, at, output, to, end, count, alpha);
  }

  private static void abs(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.abs().intoArray(output, to + i);
    }
  }

  /**
   * Rounds magnitudes below 2^23 to the nearest integers, ties to even, and keeps signs of zeros.
   */
  private static FloatVector nearest(FloatVector x) {
    return withSign(x.abs().add(MIN_INTEGER).sub(MIN_INTEGER), x);
  }

  private static FloatVector withSign(FloatVector magnitude, FloatVector sign) {
    IntVector bits = sign.reinterpretAsInts().and(Integer.MIN_VALUE);
    return magnitude.reinterpretAsInts().or(bits).reinterpretAsFloats();
  }

  private static void ceil(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector near = nearest(x);
      FloatVector up = near.blend(near.add(1f), near.lt(x));
      withSign(up, x)
          .blend(x, x.abs().compare(VectorOperators.GE, MIN_INTEGER))
          .intoArray(output, to + i);
    }
  }

  private static void floor(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector near = nearest(x);
      FloatVector down = near.blend(near.sub(1f), x.lt(near));
      down.blend(x, x.abs().compare(VectorOperators.GE, MIN_INTEGER)).intoArray(output, to + i);
    }
  }

  private static void round(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      nearest(x)
          .blend(x, x.abs().compare(VectorOperators.GE, MIN_INTEGER))
          .intoArray(output, to + i);
    }
  }

  private static void sign(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector below = x.blend(-1f, x.lt(0f));
      below.blend(1f, x.compare(VectorOperators.GT, 0f)).intoArray(output, to + i);
    }
  }

  private static void elu(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.blend(expWithin(x).sub(1f), x.lt(0f)).intoArray(output, to + i);
    }
  }

  private static void exp(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      exp(x).intoArray(output, to + i);
    }
  }

  private static void gelu(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.mul(0.5f).mul(erf(x.mul(ScalarFunctions.ROOT_HALF)).add(1f)).intoArray(output, to + i);
    }
  }

  private static void geluByTanh(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector inner =
          x.mul(x).fma(x.mul(ScalarFunctions.GELU_CUBE), x).mul(ScalarFunctions.ROOT_TWO_OVER_PI);
      x.mul(0.5f).mul(tanh(inner).add(1f)).intoArray(output, to + i);
    }
  }

  private static void hardSwish(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.mul(within(x.add(3f), 0f, 6f)).mul(1f / 6).intoArray(output, to + i);
    }
  }

  private static void leakyRelu(
      float[] input, int at, float[] output, int to, int end, float alpha) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.blend(x.mul(alpha), x.lt(0f)).intoArray(output, to + i);
    }
  }

  private static void logistic(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      logistic(x).intoArray(output, to + i);
    }
  }

  private static void log(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      log(x).intoArray(output, to + i);
    }
  }

  private static void neg(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.neg().intoArray(output, to + i);
    }
  }

  private static void rsqrt(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      FloatVector.broadcast(FLOATS, 1f).div(x.sqrt()).intoArray(output, to + i);
    }
  }

  private static void sqrt(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.sqrt().intoArray(output, to + i);
    }
  }

  private static void square(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.mul(x).intoArray(output, to + i);
    }
  }

  private static void swish(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      x.mul(logistic(x)).intoArray(output, to + i);
    }
  }

  private static void tanh(float[] input, int at, float[] output, int to, int end) {
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, input, at + i);
      tanh(x).intoArray(output, to + i);
    }
  }

  /** See {@link MicroKernels#binary}. */
  static void binary(
      Binary function, float[] a, float[] b, float[] output, BinaryLoop loop, Clamp clamp) {
    int end = FLOATS.loopBound(loop.count);
    switch (function) {
      case ADD -> add(a, b, output, loop, end, clamp);
      case SUB -> subtract(a, b, output, loop, end, clamp);
      case MUL -> multiply(a, b, output, loop, end, clamp);
      case DIV -> divide(a, b, output, loop, end, clamp);
      case MAXIMUM -> maximum(a, b, output, loop, end, clamp);
      case MINIMUM -> minimum(a, b, output, loop, end, clamp);
      case PRELU -> prelu(a, b, output, loop, end, clamp);
      case SQUARED_DIFFERENCE -> squaredDifference(a, b, output, loop, end, clamp);
    }
    ScalarFunctions.binary(function, a, b, output, loop, end, clamp);
  }

  private static void add(
      float[] a, float[] b, float[] output, BinaryLoop loop, int end, Clamp clamp) {
    int to = loop.outputOffset;
    FloatVector min = FloatVector.broadcast(FLOATS, clamp.min());
    FloatVector max = FloatVector.broadcast(FLOATS, clamp.max());
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.left(a, loop, i);
      FloatVector y = Vectors.right(b, loop, i);
      Vectors.clamp(x.add(y), min, max).intoArray(output, to + i);
    }
  }

  private static void subtract(
      float[] a, float[] b, float[] output, BinaryLoop loop, int end, Clamp clamp) {
    int to = loop.outputOffset;
    FloatVector min = FloatVector.broadcast(FLOATS, clamp.min());
    FloatVector max = FloatVector.broadcast(FLOATS, clamp.max());
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.left(a, loop, i);
      FloatVector y = Vectors.right(b, loop, i);
      Vectors.clamp(x.sub(y), min, max).intoArray(output, to + i);
    }
  }

  private static void multiply(
      float[] a, float[] b, float[] output, BinaryLoop loop, int end, Clamp clamp) {
    int to = loop.outputOffset;
    FloatVector min = FloatVector.broadcast(FLOATS, clamp.min());
    FloatVector max = FloatVector.broadcast(FLOATS, clamp.max());
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.left(a, loop, i);
      FloatVector y = Vectors.right(b, loop, i);
      Vectors.clamp(x.mul(y), min, max).intoArray(output, to + i);
    }
  }

  private static void divide(
      float[] a, float[] b, float[] output, BinaryLoop loop, int end, Clamp clamp) {
    int to = loop.outputOffset;
    FloatVector min = FloatVector.broadcast(FLOATS, clamp.min());
    FloatVector max = FloatVector.broadcast(FLOATS, clamp.max());
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.left(a, loop, i);
      FloatVector y = Vectors.right(b, loop, i);
      Vectors.clamp(x.div(y), min, max).intoArray(output, to + i);
    }
  }

  private static void maximum(
      float[] a, float[] b, float[] output, BinaryLoop loop, int end, Clamp clamp) {
    int to = loop.outputOffset;
    FloatVector min = FloatVector.broadcast(FLOATS, clamp.min());
    FloatVector max = FloatVector.broadcast(FLOATS, clamp.max());
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.left(a, loop, i);
      FloatVector y = Vectors.right(b, loop, i);
      Vectors.clamp(y.blend(x, x.compare(VectorOperators.GT, y)), min, max)
          .intoArray(output, to + i);
    }
  }

  private static void minimum(
      float[] a, float[] b, float[] output, BinaryLoop loop, int end, Clamp clamp) {
    int to = loop.outputOffset;
    FloatVector min = FloatVector.broadcast(FLOATS, clamp.min());
    FloatVector max = FloatVector.broadcast(FLOATS, clamp.max());
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.left(a, loop, i);
      FloatVector y = Vectors.right(b, loop, i);
      Vectors.clamp(y.blend(x, x.lt(y)), min, max).intoArray(output, to + i);
    }
  }

  private static void prelu(
      float[] a, float[] b, float[] output, BinaryLoop loop, int end, Clamp clamp) {
    int to = loop.outputOffset;
    FloatVector min = FloatVector.broadcast(FLOATS, clamp.min());
    FloatVector max = FloatVector.broadcast(FLOATS, clamp.max());
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.left(a, loop, i);
      FloatVector y = Vectors.right(b, loop, i);
      Vectors.clamp(x.blend(x.mul(y), x.lt(0f)), min, max).intoArray(output, to + i);
    }
  }

  private static void squaredDifference(
      float[] a, float[] b, float[] output, BinaryLoop loop, int end, Clamp clamp) {
    int to = loop.outputOffset;
    FloatVector min = FloatVector.broadcast(FLOATS, clamp.min());
    FloatVector max = FloatVector.broadcast(FLOATS, clamp.max());
    for (int i = 0; i < end; i += LANES) {
      FloatVector x = Vectors.left(a, loop, i);
      FloatVector y = Vectors.right(b, loop, i);
      FloatVector d = x.sub(y);
      Vectors.clamp(d.mul(d), min, max).intoArray(output, to + i);
    }
  }

  /** See {@link MicroKernels#softmax}. */
  static void softmax(float[] columns, int length, int rows, float beta) {
    int end = FLOATS.loopBound(rows);
    for (int r = 0; r < end; r += LANES) {
      FloatVector max = FloatVector.fromArray(FLOATS, columns, r);
      for (int i = 1; i < length; i++) {
        FloatVector x = FloatVector.fromArray(FLOATS, columns, i * rows + r);
        max = max.blend(x, max.lt(x));
      }
      FloatVector sum = FloatVector.zero(FLOATS);
      for (int i = 0; i < length; i++) {
        FloatVector x = FloatVector.fromArray(FLOATS, columns, i * rows + r);
        FloatVector e = exp(x.sub(max).mul(beta));
        e.intoArray(columns, i * rows + r);
        sum = sum.add(e);
      }
      FloatVector factor = FloatVector.broadcast(FLOATS, 1).div(sum);
      for (int i = 0; i < length; i++) {
        int at = i * rows + r;
        FloatVector.fromArray(FLOATS, columns, at).mul(factor).intoArray(columns, at);
      }
    }
    ScalarFunctions.softmax(columns, length, rows, end, beta);
  }
}
