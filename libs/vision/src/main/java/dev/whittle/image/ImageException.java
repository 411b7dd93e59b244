package dev.whittle.image;

import java.io.IOException;

/** An image that cannot be decoded: its format is unknown, or it is broken or too large. */
public final class ImageException extends IOException {
  private static final long serialVersionUID = 1L;

  /** The reason that an image was rejected for. */
  public enum Reason {
    /** The bytes are in none of the supported formats. */
    UNKNOWN_FORMAT,
    /** The format is supported, but the bytes violate it. */
    BROKEN,
    /** The image has more pixels or bytes than the limit. */
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

  /** Returns the reason that the image was rejected for. */
  public Reason reason() {
    return reason;
  }
}
