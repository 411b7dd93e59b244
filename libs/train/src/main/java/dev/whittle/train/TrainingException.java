package dev.whittle.train;

/** Training cannot continue, for example because the loss is infinite or NaN. */
public final class TrainingException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Creates an exception with a message. */
  public TrainingException(String message) {
    super(message);
  }
}
