package dev.whittle.ir.op.common;

import dev.whittle.ir.kernel.FixedPoint;
import java.util.function.DoubleUnaryOperator;

/**
 * A function of 16-bit numbers, interpolated in a table of 512 steps, as {@code LUTPopulate} and
 * {@code LUTLookup} of TensorFlow Lite compute it.
 */
public final class InterpolatedTable {
  private static final int STEPS = 512;

  /** The difference of the greatest and the least 16-bit number, plus 1. */
  private static final float RANGE = 65536;

  private final int[] table;

  private InterpolatedTable(int[] table) {
    this.table = table;
  }

  /**
   * Returns the table of a function, corrected by the error midway of each step.
   *
   * @param scale the real size of a step of the input
   * @param zeroPoint the stored input whose real value is 0
   * @param outputScale the real size of a step of the output, whose zero point is 0
   */
  public static InterpolatedTable of(
      float scale, int zeroPoint, float outputScale, DoubleUnaryOperator function) {
    float low = scale * (Short.MIN_VALUE - zeroPoint);
    float high = scale * (Short.MAX_VALUE - zeroPoint);
    float inverse = RANGE / (outputScale * Short.MAX_VALUE - outputScale * Short.MIN_VALUE);
    float step = (high - low) / STEPS;
    float half = step / 2;
    int[] table = new int[STEPS + 1];
    for (int i = 0; i < STEPS; i++) {
      float value = (float) function.applyAsDouble(low + i * step);
      float middle = (float) function.applyAsDouble(low + i * step + half);
      float next = (float) function.applyAsDouble(low + (i + 1) * step);
      float start = FixedPoint.roundHalfAway(value * inverse);
      float interpolated = FixedPoint.roundHalfAway((next * inverse + start) / 2);
      float error = interpolated - FixedPoint.roundHalfAway(middle * inverse);
      float bias = FixedPoint.roundHalfAway(error / 2);
      table[i] = clamp(start - bias);
    }
    table[STEPS] = clamp(FixedPoint.roundHalfAway((float) function.applyAsDouble(high) * inverse));
    return new InterpolatedTable(table);
  }

  /** Returns the stored number; 0 for NaN. */
  private static int clamp(float x) {
    return (int) Math.clamp(x, Short.MIN_VALUE, Short.MAX_VALUE);
  }

  /** Returns the function of a stored 16-bit number. */
  public int lookUp(int x) {
    int entry = STEPS / 2 + (x >> 7);
    int slope = (short) (table[entry + 1] - table[entry]);
    return (short) (table[entry] + ((slope * (x & 0x7f) + 64) >> 7));
  }
}
