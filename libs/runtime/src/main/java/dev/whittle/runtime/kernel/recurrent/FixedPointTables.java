package dev.whittle.runtime.kernel.recurrent;

import dev.whittle.ir.op.common.FixedPoint16;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntUnaryOperator;

/** Tables of functions of 16-bit fixed-point numbers, by the number's bits without a sign. */
final class FixedPointTables {
  private static final int SIZE = 1 << 16;
  private static final Map<Integer, short[]> TANH = new ConcurrentHashMap<>();

  private FixedPointTables() {}

  /** The table of the logistic function, made when it is first used. */
  private static final class Sigmoid {
    static final short[] TABLE = table(FixedPoint16::sigmoid);
  }

  private static short[] table(IntUnaryOperator function) {
    short[] table = new short[SIZE];
    for (int x = 0; x < SIZE; x++) {
      table[x] = (short) function.applyAsInt((short) x);
    }
    return table;
  }

  /** Returns the table of {@link FixedPoint16#sigmoid}. */
  @SuppressWarnings("MutableArrayReturn")
  static short[] sigmoid() {
    return Sigmoid.TABLE;
  }

  /** Returns the table of {@link FixedPoint16#tanh} for numbers with {@code integerBits}. */
  static short[] tanh(int integerBits) {
    return TANH.computeIfAbsent(integerBits, bits -> table(x -> FixedPoint16.tanh(x, bits)));
  }
}
