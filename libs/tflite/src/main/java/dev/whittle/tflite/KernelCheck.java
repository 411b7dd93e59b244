package dev.whittle.tflite;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import java.util.Optional;
import java.util.Set;

/** The check that kernels exist for nodes: in Whittle's engines, and in TensorFlow Lite. */
public final class KernelCheck {
  private static final Set<String> SMALL_BROADCASTS =
      Set.of(
          "EQUAL",
          "NOT_EQUAL",
          "LESS",
          "LESS_EQUAL",
          "GREATER",
          "GREATER_EQUAL",
          "POW",
          "FLOOR_DIV",
          "FLOOR_MOD",
          "SQUARED_DIFFERENCE",
          "SELECT_V2",
          "ATAN2");

  private KernelCheck() {}

  /** Returns the reason why Whittle's engines or TensorFlow Lite cannot run a node, if so. */
  public static Optional<String> refusal(Op op, Operands operands) {
    Optional<String> own = ownRefusal(op, operands);
    return own.isPresent() ? own : nativeRefusal(op, operands);
  }

  /** Returns the reason why Whittle's engines cannot run a node; empty if they can. */
  public static Optional<String> ownRefusal(Op op, Operands operands) {
    try {
      op.kernel(operands);
      return Optional.empty();
    } catch (OperandException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /** Returns the reason why TensorFlow Lite's built-in kernels cannot run a node, if so. */
  public static Optional<String> nativeRefusal(Op op, Operands operands) {
    String name = op.type().name();
    Shape out = operands.output(0).shape();
    if (SMALL_BROADCASTS.contains(name) && out.isRankKnown() && out.rank() > 4) {
      for (int i = 0; i < operands.inputCount(); i++) {
        if (!operands.shape(i).equals(out)) {
          return Optional.of("broadcasts rank > 4");
        }
      }
    }
    return Optional.empty();
  }
}
