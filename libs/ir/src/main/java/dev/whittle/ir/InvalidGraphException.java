package dev.whittle.ir;

/** A graph built in memory breaks a rule of {@link GraphCheck}: a bug of the code that built it. */
public final class InvalidGraphException extends ModelException {
  private static final long serialVersionUID = 1L;

  public InvalidGraphException(String message) {
    super(message, null);
  }
}
