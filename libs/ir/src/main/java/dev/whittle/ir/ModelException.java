package dev.whittle.ir;

import dev.whittle.ir.tensor.OperandException;
import org.jspecify.annotations.Nullable;

/** A problem with a model. The message says what was found, where, and what to do. */
public abstract sealed class ModelException extends RuntimeException
    permits MalformedModelException, UnsupportedModelException, InvalidGraphException {
  private static final long serialVersionUID = 1L;

  ModelException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** Returns an operand's problem as an exception for the user, with its location. */
  public static ModelException of(String where, OperandException problem) {
    return problem.isUnsupported()
        ? new UnsupportedModelException(where, String.valueOf(problem.getMessage()), "")
        : new MalformedModelException(where + ": " + problem.getMessage(), problem);
  }
}
