package dev.whittle.cli;

import java.io.Console;
import java.util.Optional;
import java.util.OptionalLong;

/** Shows on the standard error how far long work has come. */
final class ProgressLine {
  private static final long EVERY_NANOSECONDS = 500_000_000;

  private static final boolean TERMINAL =
      Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);

  private final String what;
  private final long start = System.nanoTime();
  private long last = System.nanoTime();
  private boolean shown;

  private ProgressLine(String what) {
    this.what = what;
  }

  /** A line that is written over on a terminal and left out elsewhere but for the end. */
  static ProgressLine of(String what) {
    return new ProgressLine(what);
  }

  synchronized void report(long done, OptionalLong total) {
    long now = System.nanoTime();
    boolean end = total.isPresent() && done == total.getAsLong();
    if (!TERMINAL || (now - last < EVERY_NANOSECONDS && !(end && shown))) {
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
        what, done, total.isPresent() ? " of %,d".formatted(total.getAsLong()) : "", seconds, left);
    if (end) {
      System.err.println();
    }
  }
}
