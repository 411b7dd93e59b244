package dev.whittle.runtime.kernel;

import dev.whittle.ir.Operand;
import dev.whittle.ir.Operands;
import dev.whittle.ir.kernel.Kernel;
import dev.whittle.ir.op.Concatenation;
import org.jspecify.annotations.Nullable;

/** Chooses kernels for operators that join, deal out or look up parts of their operands. */
final class MovingKernels {
  private final Workers workers;

  MovingKernels(Workers workers) {
    this.workers = workers;
  }

  @Nullable Kernel concatenation(Concatenation op, Operands operands) {
    // The reference kernel says what it does not take.
    op.kernel(operands);
    return joined(op.axis(), operands);
  }

  /** The inputs along an axis of the output. */
  @Nullable Kernel joined(int axis, Operands operands) {
    Operand[] parts = new Operand[operands.inputCount()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = operands.input(i);
    }
    return Stripes.of(workers, true, 0, operands.output(0), axis, parts);
  }

  /** Operand {@code whole} along the axis that operand {@code axis} names. */
  @Nullable Kernel split(int whole, int axis, Operands operands) {
    long[] known = operands.knownIntegers(axis);
    return known == null || known.length != 1
        ? null
        : dealt(whole, Math.toIntExact(known[0]), operands);
  }

  /** An operand along an axis of it. */
  @Nullable Kernel dealt(int whole, int axis, Operands operands) {
    Operand[] parts = new Operand[operands.outputCount()];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = operands.output(i);
    }
    return Stripes.of(workers, false, whole, operands.input(whole), axis, parts);
  }
}
