package dev.whittle.ir;

import org.jspecify.annotations.Nullable;

/** The bytes of a model are broken, or contradict each other. Names the file and the place. */
public final class MalformedModelException extends ModelException {
  private static final long serialVersionUID = 1L;

  public MalformedModelException(String message) {
    super(message, null);
  }

  public MalformedModelException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
