package dev.whittle.cli.option;

import java.util.function.Supplier;

/** The translation of rejected arguments into messages for the user. */
public final class Arguments {
  private Arguments() {}

  /**
   * Returns a value that is made of arguments and of nothing else, so that only they can be wrong.
   *
   * @param start the option and its value, as the start of a message
   * @throws UsageException if an argument is rejected
   */
  public static <T> T checked(String start, Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException e) {
      throw new UsageException(start + ": " + e.getMessage(), e);
    }
  }
}
