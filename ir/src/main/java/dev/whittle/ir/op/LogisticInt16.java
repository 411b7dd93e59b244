package dev.whittle.ir.op;

import dev.whittle.ir.OperandException;
import dev.whittle.ir.Operands;
import dev.whittle.ir.Quantization;
import dev.whittle.ir.kernel.Kernel;

/**
 * {@link Logistic} of 16-bit operands, as the built-in kernel computes it: a table of 256 values of
 * the sigmoid over 0 to 10.7 in steps of 1/24, and straight lines between them. Input in Q3.12
 * after rescaling, output in Q0.15.
 */
final class LogisticInt16 {
  /** {@code 65536 / (1 + e^(-i/24))} for i from 0, rounded. */
  private static final int[] TABLE = new int[256];

  static {
    for (int i = 0; i < TABLE.length; i++) {
      TABLE[i] = (int) Math.min(65535, Math.round(65536 / (1 + Math.exp(-i / 24.0))));
    }
  }

  private LogisticInt16() {}

  static Kernel kernel(Operands operands) {
    Quantization in = operands.input(0).requireQuantization();
    if (in.scaleValue() == 1f / 4096) {
      throw OperandException.unsupported("no kernel for 16-bit input of scale 2^-12");
    }
    // 3 * 2^12 table steps per unit of the input: the table has 24 entries per unit.
    double multiplier = in.scaleValue() * 4096.0 * 3;
    int shift = 0;
    while (multiplier <= 32767.0 / 2 && shift <= 30) {
      shift++;
      multiplier *= 2;
    }
    int factor = (int) multiplier;
    int rightShift = shift;
    return Elementwise.integers((Elementwise.LongUnary) x -> at((int) x, factor, rightShift));
  }

  private static int at(int x, int factor, int shift) {
    int round = shift > 0 ? 1 << (shift - 1) : 0;
    int scaled = (x * factor + round) >> shift;
    int magnitude = Math.abs(scaled);
    int entry = magnitude >> 9;
    int result;
    if (entry >= 255) {
      result = 0x7fff << 10;
    } else {
      int a = TABLE[entry];
      int b = TABLE[entry + 1];
      result = (a << 9) + (magnitude & 0x1ff) * (b - a);
    }
    result = scaled >= 0 ? result + (1 << 9) : (1 << 25) - result + (1 << 9) - 1;
    return result >> 10;
  }
}
