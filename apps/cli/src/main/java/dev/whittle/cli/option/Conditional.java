package dev.whittle.cli.option;

import java.io.IOException;

/** A command with options that {@linkplain Needs need} conditions. */
public interface Conditional {
  /**
   * Returns whether a condition holds for the parsed arguments.
   *
   * @throws IOException if a file that decides it cannot be read
   */
  boolean holds(Condition condition) throws IOException;
}
