package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.simd.MicroKernels.Binary;
import dev.whittle.runtime.kernel.simd.MicroKernels.Unary;

/**
 * {@link VectorFunctions} one element at a time, with the coefficients. Loops begin at element
 * {@code first}, to compute also the elements that vectors leave.
 */
final class ScalarFunctions {
  /** The polynomial of Cephes' {@code expf}, highest power first. */
  static final float[] EXP = {
    1.9875691e-4f, 1.3981999e-3f, 8.333452e-3f, 4.1665796e-2f, 1.6666666e-1f, 5.0e-1f
  };

  static final float LOG2_E = 1.442695f;

  /** The first of two terms of the natural logarithm of 2; it has few bits. */
  static final float LN2_HIGH = 6.933594e-1f;

  static final float LN2_LOW = -2.12194440e-4f;

  /** Exponentials of lesser numbers are zero in single precision. */
  static final float EXP_LOW = -104f;

  /** Exponentials of greater numbers are infinite in single precision. */
  static final float EXP_HIGH = 89f;

  /** Exponentials of lesser numbers are denormal, or their power of two is. */
  static final float EXP_WITHIN_LOW = -87f;

  /** The power of two of the exponentials of greater numbers may be infinite. */
  static final float EXP_WITHIN_HIGH = 88f;

  /** The polynomial of Cephes' {@code tanhf} for small operands, highest power first. */
  static final float[] TANH = {
    -5.7049887e-3f, 2.0639088e-2f, -5.3739715e-2f, 1.3331442e-1f, -3.333328e-1f
  };

  static final float ROOT_HALF = (float) Math.sqrt(0.5);
  static final int ROOT_HALF_BITS = Float.floatToRawIntBits(ROOT_HALF);

  /** Makes normal numbers of denormal ones. */
  static final float LOG_SCALE = 0x1p23f;

  static final float LOG_LN2_HIGH = 0.6933594f;
  static final float LOG_LN2_LOW = -2.1219444e-4f;

  /** The polynomial of Cephes' {@code logf}, highest power first. */
  static final float[] LOG = {
    7.0376836e-2f,
    -0.1151461f,
    0.116769984f,
    -0.12420141f,
    0.14249323f,
    -0.16668057f,
    0.20000714f,
    -0.24999994f,
    0.3333333f
  };

  /** The error function of greater numbers is 1 in single precision. */
  static final float ERF_END = 3.832507f;

  /** XLA's numerator of the error function, highest power first. */
  static final float[] ERF_NUMERATOR = {
    2.2905065e-4f, 3.408291e-3f, 5.0955694e-2f, 0.18520832f, 1.1283791f
  };

  /** XLA's denominator of the error function, highest power first. */
  static final float[] ERF_DENOMINATOR = {
    -1.1791603e-7f, 2.3547966e-5f, 1.0179626e-3f, 1.407047e-2f, 0.11098505f, 0.49746925f, 1f
  };

  static final float GELU_CUBE = 0.044715f;
  static final float ROOT_TWO_OVER_PI = (float) Math.sqrt(2 / Math.PI);

  /** {@link #TANH} approximates lesser magnitudes. */
  static final float TANH_NEAR = 0.625f;

  /** Adding and subtracting it rounds magnitudes below 2^22 to integers, ties to even. */
  static final float ROUNDER = 0x1.8p23f;

  private ScalarFunctions() {}

  /**
   * Clamps without branches, which could not be predicted. NaN stays NaN; the limit 0 replaces -0.
   */
  static float clamp(float x, float min, float max) {
    return Math.min(Math.max(x, min), max);
  }

  static float exp(float x) {
    return expOf(Math.min(Math.max(x, EXP_LOW), EXP_HIGH));
  }

  /** Returns the exponential of a number between {@link #EXP_LOW} and {@link #EXP_HIGH}. */
  private static float expOf(float in) {
    float n = Math.fma(in, LOG2_E, ROUNDER) - ROUNDER;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, in));
    float p = EXP[0];
    for (int i = 1; i < 6; i++) {
      p = Math.fma(p, r, EXP[i]);
    }
    p = Math.fma(p, r * r, r) + 1f;
    int exponent = (int) n;
    int half = exponent >> 1;
    return p * powerOfTwo(half) * powerOfTwo(exponent - half);
  }

  /**
   * Returns an exponential to which 1 is added: outside of {@link #EXP_WITHIN_LOW} and {@link
   * #EXP_WITHIN_HIGH}, the sum rounds to the same.
   */
  private static float expWithin(float x) {
    return expOf(Math.min(Math.max(x, EXP_WITHIN_LOW), EXP_WITHIN_HIGH));
  }

  private static float logistic(float x) {
    return 1f / (expWithin(-x) + 1f);
  }

  private static float powerOfTwo(int exponent) {
    return Float.intBitsToFloat((exponent + 127) << 23);
  }

  private static float tanh(float x) {
    float magnitude = Math.abs(x);
    if (magnitude < TANH_NEAR) {
      float square = x * x;
      float p = TANH[0];
      for (int i = 1; i < 5; i++) {
        p = Math.fma(p, square, TANH[i]);
      }
      return Math.fma(p * square, x, x);
    }
    float far = 1f - 2f / (expWithin(magnitude + magnitude) + 1f);
    return x < 0 ? -far : far;
  }

  /** Returns the logarithm as Cephes' {@code logf}; denormal numbers are scaled first. */
  static float log(float x) {
    boolean tiny = x < Float.MIN_NORMAL;
    float in = tiny ? x * LOG_SCALE : x;
    int bits = Float.floatToRawIntBits(in);
    int exponent = (bits - ROOT_HALF_BITS) >> 23;
    float e = exponent - (tiny ? 23f : 0f);
    float f = Float.intBitsToFloat(bits - (exponent << 23)) - 1f;
    float p = LOG[0];
    for (int i = 1; i < LOG.length; i++) {
      p = Math.fma(p, f, LOG[i]);
    }
    float square = f * f;
    float rest = Math.fma(p * f, square, e * LOG_LN2_LOW) - square * 0.5f;
    float result = Math.fma(e, LOG_LN2_HIGH, f + rest);
    if (x == Float.POSITIVE_INFINITY) {
      return x;
    }
    return x > 0 ? result : x == 0 ? Float.NEGATIVE_INFINITY : Float.NaN;
  }

  /** Returns the error function as XLA, a quotient of polynomials, with errors up to 3.2e-7. */
  static float erf(float x) {
    float in = clamp(x, -ERF_END, ERF_END);
    float square = in * in;
    float p = ERF_NUMERATOR[0];
    for (int i = 1; i < ERF_NUMERATOR.length; i++) {
      p = Math.fma(p, square, ERF_NUMERATOR[i]);
    }
    float q = ERF_DENOMINATOR[0];
    for (int i = 1; i < ERF_DENOMINATOR.length; i++) {
      q = Math.fma(q, square, ERF_DENOMINATOR[i]);
    }
    return in * p / q;
  }

  private static float geluByTanh(float x) {
    float inner = Math.fma(x * x, GELU_CUBE * x, x) * ROOT_TWO_OVER_PI;
    return x * 0.5f * (tanh(inner) + 1f);
  }

  private static float apply(Unary function, float x, float alpha) {
    return switch (function) {
      case ABS -> Math.abs(x);
      case CEIL -> (float) Math.ceil(x);
      case ELU -> x < 0 ? expWithin(x) - 1f : x;
      case EXP -> exp(x);
      case FLOOR -> (float) Math.floor(x);
      case GELU -> x * 0.5f * (erf(x * ROOT_HALF) + 1f);
      case GELU_BY_TANH -> geluByTanh(x);
      case HARD_SWISH -> x * Math.min(Math.max(x + 3f, 0f), 6f) * (1f / 6);
      case LEAKY_RELU -> x < 0 ? x * alpha : x;
      case LOG -> log(x);
      case LOGISTIC -> logistic(x);
      case SWISH -> x * logistic(x);
      case NEG -> -x;
      case ROUND -> (float) Math.rint(x);
      case RSQRT -> 1f / (float) Math.sqrt(x);
      case SIGN -> Math.signum(x);
      case SQRT -> (float) Math.sqrt(x);
      case SQUARE -> x * x;
      case TANH -> tanh(x);
    };
  }

  /** See {@link MicroKernels#unary}; from element {@code first} on. */
  static void unary(
      Unary function,
      float[] input,
      int at,
      float[] output,
      int to,
      int first,
      int last,
      float alpha) {
    for (int i = first; i < last; i++) {
      output[to + i] = apply(function, input[at + i], alpha);
    }
  }

  private static float apply(Binary function, float a, float b) {
    return switch (function) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> a / b;
      case MAXIMUM -> a > b ? a : b;
      case MINIMUM -> a < b ? a : b;
      case PRELU -> a < 0 ? a * b : a;
      case SQUARED_DIFFERENCE -> (a - b) * (a - b);
    };
  }

  /** See {@link MicroKernels#binary}; from element {@code first} on. */
  static void binary(
      Binary function,
      float[] a,
      float[] b,
      float[] output,
      BinaryLoop loop,
      int first,
      Clamp clamp) {
    float min = clamp.min();
    float max = clamp.max();
    for (int i = first; i < loop.count; i++) {
      float x = a[loop.leftOffset + i * loop.leftStep];
      float y = b[loop.rightOffset + i * loop.rightStep];
      output[loop.outputOffset + i] = clamp(apply(function, x, y), min, max);
    }
  }

  /** See {@link MicroKernels#softmax}; from row {@code first} on. */
  static void softmax(float[] columns, int length, int rows, int first, float beta) {
    for (int r = first; r < rows; r++) {
      float max = columns[r];
      for (int i = 1; i < length; i++) {
        float x = columns[i * rows + r];
        max = max < x ? x : max;
      }
      float sum = 0;
      for (int i = 0; i < length; i++) {
        int at = i * rows + r;
        columns[at] = exp((columns[at] - max) * beta);
        sum += columns[at];
      }
      float factor = 1 / sum;
      for (int i = 0; i < length; i++) {
        columns[i * rows + r] *= factor;
      }
    }
  }
}
