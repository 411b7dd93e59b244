package dev.whittle.ir;

import org.jspecify.annotations.Nullable;

/** Why a model cannot be handled. The message says what was found where, and what to do. */
public abstract sealed class ModelException extends RuntimeException
    permits MalformedModelException, UnsupportedModelException, InvalidGraphException {
  private static final long serialVersionUID = 1L;

  ModelException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
