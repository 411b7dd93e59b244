package dev.whittle.cli.option;

/** A wrong use of a command or unreadable input, reported with exit status 2. */
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UsageException(String message) {
    super(message);
  }

  /** An exception with the one that found the mistake. */
  public UsageException(String message, Throwable cause) {
    super(message, cause);
  }
}
