package dev.whittle.tflite;

import dev.whittle.ir.Op;
import dev.whittle.ir.Operands;
import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import java.util.Optional;
import java.util.Set;

/** The check that kernels exist for nodes: in Whittle's engines, and in TensorFlow Lite. */
public final class KernelCheck {
  /** Operators that abort the native process if they broadcast more than four dimensions. */
  private static final Set<String> SMALL_BROADCASTS =
      Set.of(
          "ATAN2",
          "EQUAL",
          "GREATER",
          "GREATER_EQUAL",
          "LESS",
          "LESS_EQUAL",
          "NOT_EQUAL",
          "SELECT_V2");

  private static final int MAX_BROADCAST_RANK = 4;

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
    Optional<String> reason = NativeKernels.get().refusal(name, operands);
    return reason.isEmpty() && SMALL_BROADCASTS.contains(name) ? broadcast(name, operands) : reason;
  }

  private static Optional<String> broadcast(String name, Operands operands) {
    Shape out = operands.output(0).shape();
    if (out.isRankKnown() && out.rank() > MAX_BROADCAST_RANK) {
      for (int i = 0; i < operands.inputCount(); i++) {
        if (operands.hasInput(i) && !operands.shape(i).equals(out)) {
          return Optional.of(
              "%s of TensorFlow Lite broadcasts at most %d dimensions, not %d"
                  .formatted(name, MAX_BROADCAST_RANK, out.rank()));
        }
      }
    }
    return Optional.empty();
  }
}
