package dev.whittle.optimize.sparse;

/** The exception for a model none of whose weights are to be pruned or clustered. */
public final class NoMatchingWeightsException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  NoMatchingWeightsException(String message) {
    super(message);
  }
}
