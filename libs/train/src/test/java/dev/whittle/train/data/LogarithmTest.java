package dev.whittle.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LogarithmTest {
  private static final MathContext DIGITS = new MathContext(60);

  @Test
  void roundsCorrectly() {
    var random = new SplittableRandom(20260104);
    for (int i = 0; i < 2000; i++) {
      double x = i % 2 == 0 ? random.nextDouble() : Math.exp(random.nextDouble(-40, 40));
      assertEquals(exact(x), Logarithm.of(x), "ln " + x);
    }
    assertEquals(0.0, Logarithm.of(1));
  }

  /** Returns the logarithm by the series for 2 artanh((x - 1) / (x + 1)), after square roots. */
  private static double exact(double x) {
    BigDecimal root = new BigDecimal(x);
    int roots = 8;
    for (int i = 0; i < roots; i++) {
      root = root.sqrt(DIGITS);
    }
    BigDecimal z = root.subtract(BigDecimal.ONE).divide(root.add(BigDecimal.ONE), DIGITS);
    BigDecimal power = z;
    BigDecimal sum = BigDecimal.ZERO;
    for (int n = 1; n < 90; n += 2) {
      sum = sum.add(power.divide(BigDecimal.valueOf(n), DIGITS));
      power = power.multiply(z, DIGITS).multiply(z, DIGITS);
    }
    return sum.multiply(BigDecimal.valueOf(2L << roots)).doubleValue();
  }
}
