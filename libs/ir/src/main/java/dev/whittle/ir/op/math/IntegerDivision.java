package dev.whittle.ir.op.math;

import dev.whittle.ir.tensor.OperandException;

/** Divisions of integers, which refuse a divisor of zero. */
final class IntegerDivision {
  private IntegerDivision() {}

  /** Returns the quotient rounded toward zero. */
  static long divide(long a, long b) {
    requireNonZero(b);
    return a / b;
  }

  /** Returns the quotient rounded toward negative infinity. */
  static long floorDivide(long a, long b) {
    requireNonZero(b);
    return Math.floorDiv(a, b);
  }

  /** Returns the remainder of {@link #floorDivide}, which has the divisor's sign. */
  static long floorModulo(long a, long b) {
    requireNonZero(b);
    return Math.floorMod(a, b);
  }

  private static void requireNonZero(long divisor) {
    if (divisor == 0) {
      throw OperandException.invalid("integer division by zero");
    }
  }
}
