package dev.whittle.ir.tensor;

import java.util.Locale;

/**
 * Thrown by an operator about its operands. Whoever walks the graph adds the node's name and turns
 * it into a model exception; it never reaches a user as it is.
 */
public final class OperandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean unsupported;

  private OperandException(String message, boolean unsupported) {
    super(message);
    this.unsupported = unsupported;
  }

  /** The operands contradict each other or the attributes; no implementation could run this. */
  public static OperandException invalid(String format, Object... args) {
    return new OperandException(String.format(Locale.ROOT, format, args), false);
  }

  /** The operands are legal but no kernel here takes them. */
  public static OperandException unsupported(String format, Object... args) {
    return new OperandException(String.format(Locale.ROOT, format, args), true);
  }

  public boolean isUnsupported() {
    return unsupported;
  }
}
