package dev.whittle.cli;

import dev.whittle.cli.option.Conditional;
import dev.whittle.cli.option.Needs;
import dev.whittle.cli.option.UsageException;
import java.io.IOException;
import java.lang.reflect.Field;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The rule that an option without an effect is an error. */
final class OptionRules {
  private OptionRules() {}

  /**
   * Checks the options of all commands in a command line.
   *
   * @throws UsageException if an option has no effect; the message says what it needs
   */
  static void check(ParseResult result) throws IOException {
    for (ParseResult command = result; command != null; command = subcommand(command)) {
      if (command.isUsageHelpRequested() || command.isVersionHelpRequested()) {
        return;
      }
      Object user = command.commandSpec().userObject();
      for (OptionSpec option : command.matchedOptions()) {
        Needs needs = needs(option);
        if (needs != null && user instanceof Conditional conditional) {
          check(option, needs, conditional);
        }
      }
    }
  }

  private static @Nullable ParseResult subcommand(ParseResult command) {
    return command.hasSubcommand() ? command.subcommand() : null;
  }

  private static void check(OptionSpec option, Needs needs, Conditional command)
      throws IOException {
    boolean asksForNothing =
        !needs.except().isEmpty()
            && option.stringValues().stream().allMatch(needs.except()::equalsIgnoreCase);
    if (!asksForNothing && !command.holds(needs.value())) {
      throw new UsageException(
          "%s has no effect here: it needs %s"
              .formatted(option.longestName(), needs.value().needed()));
    }
  }

  /** Returns the condition of an option; null if it always has an effect. */
  static @Nullable Needs needs(ArgSpec option) {
    return option.userObject() instanceof Field field ? field.getAnnotation(Needs.class) : null;
  }
}
