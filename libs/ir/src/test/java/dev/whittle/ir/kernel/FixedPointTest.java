package dev.whittle.ir.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FixedPointTest {
  @Test
  void multiplierHasNormalizedMantissa() {
    assertEquals(new FixedPoint.Multiplier(1 << 30, 1), FixedPoint.Multiplier.of(1.0));
    assertEquals(new FixedPoint.Multiplier(1 << 30, 0), FixedPoint.Multiplier.of(0.5));
    assertEquals(new FixedPoint.Multiplier(1610612736, -1), FixedPoint.Multiplier.of(0.375));
  }

  @Test
  void mantissaThatOverflowsIncrementsExponent() {
    assertEquals(
        new FixedPoint.Multiplier(1 << 30, 1), FixedPoint.Multiplier.of(Math.nextDown(1.0)));
  }

  @Test
  void multiplierBelowSmallestExponentIsZero() {
    assertEquals(FixedPoint.Multiplier.ZERO, FixedPoint.Multiplier.of(Math.scalb(1.0, -40)));
    assertEquals(FixedPoint.Multiplier.ZERO, FixedPoint.Multiplier.of(0));
  }

  @Test
  void highMultiplySaturatesOnlyForTwoMinimumIntegers() {
    int min = Integer.MIN_VALUE;
    assertEquals(Integer.MAX_VALUE, FixedPoint.saturatingRoundingDoublingHighMultiply(min, min));
    assertEquals(
        min + 1, FixedPoint.saturatingRoundingDoublingHighMultiply(min, Integer.MAX_VALUE));
    assertEquals(-1, FixedPoint.saturatingRoundingDoublingHighMultiply(-2, 1 << 30));
  }

  @Test
  void roundsAsGemmlowpWithSignDependentNudge() {
    long seed = 20261122L;
    var random = new SplittableRandom(seed);
    for (int i = 0; i < 100_000; i++) {
      int a = random.nextInt() >> random.nextInt(32);
      int b = i % 3 == 0 ? 1 << random.nextInt(31) : random.nextInt();
      if (a == Integer.MIN_VALUE && b == a) {
        continue;
      }
      long product = (long) a * b;
      long nudge = product >= 0 ? 1L << 30 : 1 - (1L << 30);
      String label = a + ", " + b + ", seed " + seed;
      assertEquals(
          (int) ((product + nudge) / (1L << 31)),
          FixedPoint.saturatingRoundingDoublingHighMultiply(a, b),
          label);
      int exponent = random.nextInt(32);
      double divided = Math.scalb((double) a, -exponent);
      assertEquals(
          (int) FixedPoint.roundHalfAway(divided),
          FixedPoint.roundingDivideByPowerOfTwo(a, exponent),
          label);
    }
  }

  @Test
  void divisionByPowerOfTwoRoundsTiesAwayFromZero() {
    assertEquals(3, FixedPoint.roundingDivideByPowerOfTwo(5, 1));
    assertEquals(-3, FixedPoint.roundingDivideByPowerOfTwo(-5, 1));
    assertEquals(1, FixedPoint.roundingDivideByPowerOfTwo(5, 2));
    assertEquals(-1, FixedPoint.roundingDivideByPowerOfTwo(-5, 2));
    assertEquals(7, FixedPoint.roundingDivideByPowerOfTwo(7, 0));
    assertEquals(-1, FixedPoint.roundingDivideByPowerOfTwo(Integer.MIN_VALUE, 31));
  }

  @Test
  void roundHalfAwayIsExactNextToTies() {
    assertEquals(0f, FixedPoint.roundHalfAway(0.49999997f));
    assertEquals(1f, FixedPoint.roundHalfAway(0.5f));
    assertEquals(-1f, FixedPoint.roundHalfAway(-0.5f));
    assertEquals(-3.0, FixedPoint.roundHalfAway(-2.5));
    assertEquals(8388609f, FixedPoint.roundHalfAway(8388609f));
    assertEquals(0.0, FixedPoint.roundHalfAway(Math.nextDown(0.5)));
  }

  @Test
  void inverseSquareRootApproximatesRealOne() {
    long seed = 20261201L;
    var random = new SplittableRandom(seed);
    for (int i = 0; i < 10_000; i++) {
      int x = Math.max(2, random.nextInt() >>> random.nextInt(1, 31));
      FixedPoint.Multiplier inverse = FixedPoint.Multiplier.ofInverseSquareRoot(x);
      double real = Math.scalb((double) inverse.mantissa(), inverse.exponent() - 31);
      assertEquals(1, real * Math.sqrt(x), 1e-5, "x " + x + ", seed " + seed);
    }
    assertEquals(
        new FixedPoint.Multiplier(Integer.MAX_VALUE, 0),
        FixedPoint.Multiplier.ofInverseSquareRoot(1));
  }

  @Test
  void scaledIntegerIsWithinOneOfRealProduct() {
    long seed = 20260102L;
    var random = new SplittableRandom(seed);
    for (int i = 0; i < 100_000; i++) {
      double real = Math.exp(random.nextDouble(-18, 0));
      int x = random.nextInt(-(1 << 28), 1 << 28);
      int scaled = FixedPoint.Multiplier.of(real).apply(x);
      String message = "seed " + seed + " case " + i + ": " + x + " * " + real;
      assertTrue(Math.abs(scaled - x * real) <= 1, message + " = " + scaled);
    }
  }
}
