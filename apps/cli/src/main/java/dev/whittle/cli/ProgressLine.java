package dev.whittle.cli;

import java.io.Console;
import java.util.Optional;
import java.util.OptionalLong;

/** A progress line on standard error, which is rewritten in place; printed on a terminal only. */
final class ProgressLine {
  private static final long INTERVAL_NANOSECONDS = 500_000_000;

  private static final boolean TERMINAL =
      Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);

  private final String task;
  private final long start = System.nanoTime();
  private long last = System.nanoTime();
  private boolean shown;

  private ProgressLine(String task) {
    this.task = task;
  }

  static ProgressLine of(String task) {
    return new ProgressLine(task);
  }

  /** Shows the number of samples done, at most every half second. */
  synchronized void report(long done, OptionalLong total) {
    long now = System.nanoTime();
    boolean end = total.isPresent() && done == total.getAsLong();
    if (!TERMINAL || (now - last < INTERVAL_NANOSECONDS && !(end && shown))) {
      return;
    }
    last = now;
    shown = true;
    double seconds = (now - start) / 1e9;
    String left =
        total.isPresent() && done > 0
            ? ", %.0f s left".formatted(seconds / done * (total.getAsLong() - done))
            : "";
    System.err.printf(
        "\r%s: %,d%s samples, %.0f s%s   ",
        task, done, total.isPresent() ? " of %,d".formatted(total.getAsLong()) : "", seconds, left);
    if (end) {
      System.err.println();
    }
  }
}
