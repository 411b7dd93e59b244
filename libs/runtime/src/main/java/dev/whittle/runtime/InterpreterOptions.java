package dev.whittle.runtime;

/**
 * How an {@link Interpreter} runs.
 *
 * @param engine {@code fast}, {@code reference}, or the name of an engine on the class path such as
 *     {@code litert}
 * @param threads how many threads one invocation may use; the engine {@code reference} uses one
 * @param maxMemory bytes that activations may take; models that need more are refused instead of
 *     exhausting the machine
 * @param expectedRuns about how often the model will be run; 0 if that is not known, or is often.
 *     The engine {@code fast} has its first results of few runs sooner without the Vector API,
 *     whose use the virtual machine compiles for half a second to two
 */
public record InterpreterOptions(String engine, int threads, long maxMemory, long expectedRuns) {
  /** Enough for every network meant for the edge, and for a few that are not. */
  private static final long DEFAULT_MAX_MEMORY = 4L << 30;

  public static final InterpreterOptions DEFAULT =
      new InterpreterOptions(FastEngine.NAME, 1, DEFAULT_MAX_MEMORY, 0);

  public InterpreterOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, is " + threads);
    }
    if (expectedRuns < 0) {
      throw new IllegalArgumentException("expectedRuns must not be negative, is " + expectedRuns);
    }
  }

  public InterpreterOptions withEngine(String newEngine) {
    return new InterpreterOptions(newEngine, threads, maxMemory, expectedRuns);
  }

  public InterpreterOptions withThreads(int newThreads) {
    return new InterpreterOptions(engine, newThreads, maxMemory, expectedRuns);
  }

  public InterpreterOptions withMaxMemory(long newMaxMemory) {
    return new InterpreterOptions(engine, threads, newMaxMemory, expectedRuns);
  }

  public InterpreterOptions withExpectedRuns(long newExpectedRuns) {
    return new InterpreterOptions(engine, threads, maxMemory, newExpectedRuns);
  }
}
