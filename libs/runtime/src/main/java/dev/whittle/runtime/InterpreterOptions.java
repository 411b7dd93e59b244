package dev.whittle.runtime;

/**
 * Options of an {@link Interpreter}. Immutable: {@code with} methods return changed copies.
 *
 * @param engine {@code fast}, {@code reference}, or the name of an engine on the class path such as
 *     {@code litert}
 * @param threads maximum number of threads of one invocation, at least 1; the engine {@code
 *     reference} uses one
 * @param maxMemory maximum size of the activations in bytes; a model that needs more is rejected.
 *     The native runtime lays them out itself: with it, a model is rejected before anything is
 *     allocated if its activations need more in any layout, as far as their sizes are known by then
 * @param expectedRuns approximate number of invocations; 0 if it is unknown or large. For
 *     short-lived sessions the engine {@code fast} does without the Vector API, so that the first
 *     results need not wait for the virtual machine to compile vector code
 */
public record InterpreterOptions(String engine, int threads, long maxMemory, long expectedRuns) {
  /** 4 GiB. */
  private static final long DEFAULT_MAX_MEMORY = 4L << 30;

  /** The engine {@code fast} on one thread, with up to 4 GiB of activations. */
  public static final InterpreterOptions DEFAULT =
      new InterpreterOptions(FastEngine.NAME, 1, DEFAULT_MAX_MEMORY, 0);

  /**
   * Options.
   *
   * @throws IllegalArgumentException if {@code threads} is less than 1 or {@code expectedRuns} is
   *     negative
   */
  public InterpreterOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads is " + threads + "; expected at least 1");
    }
    if (expectedRuns < 0) {
      throw new IllegalArgumentException(
          "expectedRuns is " + expectedRuns + "; expected 0 or more");
    }
  }

  /** Returns options with another engine. */
  public InterpreterOptions withEngine(String newEngine) {
    return new InterpreterOptions(newEngine, threads, maxMemory, expectedRuns);
  }

  /** Returns options with another maximum number of threads, at least 1. */
  public InterpreterOptions withThreads(int newThreads) {
    return new InterpreterOptions(engine, newThreads, maxMemory, expectedRuns);
  }

  /** Returns options with another limit on the activations' size, in bytes. */
  public InterpreterOptions withMaxMemory(long newMaxMemory) {
    return new InterpreterOptions(engine, threads, newMaxMemory, expectedRuns);
  }

  /** Returns options with another expected number of invocations; 0 if it is unknown. */
  public InterpreterOptions withExpectedRuns(long newExpectedRuns) {
    return new InterpreterOptions(engine, threads, maxMemory, newExpectedRuns);
  }
}
