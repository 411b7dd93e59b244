package dev.whittle.ir;

import org.jspecify.annotations.Nullable;

/** A model that is damaged or contradicts itself. The message names the file and the location. */
public final class MalformedModelException extends ModelException {
  private static final long serialVersionUID = 1L;

  public MalformedModelException(String message) {
    super(message, null);
  }

  public MalformedModelException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
