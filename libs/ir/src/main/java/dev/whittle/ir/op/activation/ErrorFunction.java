package dev.whittle.ir.op.activation;

/** The error function. */
final class ErrorFunction {
  private static final double TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

  private ErrorFunction() {}

  /**
   * Returns {@code 1 - erf(x)}, accurate to a few units in the last place of a float. It is the
   * power series of erf near 0 and the continued fraction of erfc elsewhere (Abramowitz and Stegun,
   * 7.1.5 and 7.1.14).
   */
  static double complement(double x) {
    double magnitude = Math.abs(x);
    double tail = magnitude < 2.5 ? 1 - series(magnitude) : fraction(magnitude);
    return x < 0 ? 2 - tail : tail;
  }

  private static double series(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-17; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return sum * TWO_OVER_SQRT_PI;
  }

  private static double fraction(double x) {
    double f = x;
    for (int n = 60; n >= 1; n--) {
      f = x + n / 2.0 / f;
    }
    return Math.exp(-x * x) / (f * Math.sqrt(Math.PI));
  }
}
