package dev.whittle.ir.tensor;

import java.util.Locale;

/**
 * A problem of an operator with its operands. The caller that knows the node turns it into a model
 * exception with the node's name; it does not reach users as it is.
 */
public final class OperandException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final boolean unsupported;

  private OperandException(String message, boolean unsupported) {
    super(message);
    this.unsupported = unsupported;
  }

  /**
   * Returns the exception for operands that contradict each other or the attributes, so that no
   * implementation could run the operator.
   */
  public static OperandException invalid(String format, Object... args) {
    return new OperandException(String.format(Locale.ROOT, format, args), false);
  }

  /** Returns the exception for valid operands that no kernel of Whittle accepts. */
  public static OperandException unsupported(String format, Object... args) {
    return new OperandException(String.format(Locale.ROOT, format, args), true);
  }

  /** Returns whether the operands are valid, but not supported by Whittle. */
  public boolean isUnsupported() {
    return unsupported;
  }
}
