package dev.whittle.ir;

/** A graph built in memory that {@link GraphCheck} rejects: a defect of the code that built it. */
public final class InvalidGraphException extends ModelException {
  private static final long serialVersionUID = 1L;

  public InvalidGraphException(String message) {
    super(message, null);
  }
}
