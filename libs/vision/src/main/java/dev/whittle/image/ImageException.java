package dev.whittle.image;

import java.io.IOException;

/** Bytes that are no picture, a broken one, or one that is too large. */
public final class ImageException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What is wrong with a picture. */
  public enum Reason {
    /** The bytes are in no format that is known. */
    UNKNOWN_FORMAT,
    /** The format is known, and the bytes contradict it. */
    BROKEN,
    /** It has more pixels or bytes than are allowed. */
    TOO_LARGE
  }

  private final Reason reason;

  ImageException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  ImageException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
