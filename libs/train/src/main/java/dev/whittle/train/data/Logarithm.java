package dev.whittle.train.data;

/**
 * The correctly rounded natural logarithm, computed in double-double arithmetic. The results of
 * {@link Math#log} and {@link StrictMath#log} may differ from it by one unit in the last place.
 */
final class Logarithm {
  private static final double LN_2_HIGH = 0x1.62e42fefa39efp-1;
  private static final double LN_2_LOW = 0x1.abc9e3b39803fp-56;

  /** The number of terms of the series; for |z| < 0.172 the next term is less than 2^-150. */
  private static final int TERMS = 30;

  private static final double[] INVERSE_HIGH = new double[TERMS];
  private static final double[] INVERSE_LOW = new double[TERMS];

  static {
    for (int i = 0; i < TERMS; i++) {
      double n = 2 * i + 1;
      INVERSE_HIGH[i] = 1 / n;
      INVERSE_LOW[i] = Math.fma(-INVERSE_HIGH[i], n, 1) / n;
    }
  }

  private Logarithm() {}

  /**
   * Returns the logarithm: e ln 2 + 2 artanh(z) with z = (m - 1) / (m + 1) for x = m 2^e.
   *
   * @param x a positive, finite, normal number
   */
  static double of(double x) {
    int exponent = Math.getExponent(x);
    double mantissa = Math.scalb(x, -exponent);
    if (mantissa > 1.4142135) {
      mantissa /= 2;
      exponent++;
    }
    // m - 1 is exact for m in 0.7 .. 1.42; m + 1 is not.
    double numerator = mantissa - 1;
    double denominator = mantissa + 1;
    double denominatorLow = mantissa - (denominator - 1);
    double z = numerator / denominator;
    double zLow = (Math.fma(-z, denominator, numerator) - z * denominatorLow) / denominator;
    double square = z * z;
    double squareLow = Math.fma(z, z, -square) + 2 * z * zLow;
    double sum = INVERSE_HIGH[TERMS - 1];
    double sumLow = INVERSE_LOW[TERMS - 1];
    for (int i = TERMS - 2; i >= 0; i--) {
      double product = sum * square;
      double productLow = Math.fma(sum, square, -product) + sum * squareLow + sumLow * square;
      sum = INVERSE_HIGH[i] + product;
      sumLow = INVERSE_HIGH[i] - sum + product + productLow + INVERSE_LOW[i];
    }
    double series = 2 * z * sum;
    double seriesLow = Math.fma(2 * z, sum, -series) + 2 * (z * sumLow + zLow * sum);
    double exponentPart = exponent * LN_2_HIGH;
    double exponentPartLow = Math.fma(exponent, LN_2_HIGH, -exponentPart) + exponent * LN_2_LOW;
    double total = exponentPart + series;
    double shared = total - exponentPart;
    double lost = exponentPart - (total - shared) + (series - shared);
    return total + (lost + exponentPartLow + seriesLow);
  }
}
