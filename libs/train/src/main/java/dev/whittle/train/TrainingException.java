package dev.whittle.train;

/** Training came to a point from which it cannot go on, such as a loss that is not a number. */
public final class TrainingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TrainingException(String message) {
    super(message);
  }
}
