package dev.whittle.cli;

import dev.whittle.cli.option.UsageException;
import dev.whittle.ir.ModelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The {@code whittle} command. */
public final class Main {
  static final int DONE = 0;
  static final int CANNOT_HANDLE_MODEL = 1;
  static final int WRONG_USAGE = 2;

  private Main() {}

  /** Runs the command and ends the virtual machine with its exit status. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  /** Runs the command and returns its exit status. */
  public static int run(String... arguments) {
    if (arguments.length == 1 && arguments[0].equals("--version")) {
      // The version needs no parser, which takes most of the start-up time.
      System.out.println(Version.text());
      return DONE;
    }
    String[] normalized = Arrays.stream(arguments).map(Main::normalized).toArray(String[]::new);
    CommandLine commandLine = WhittleCommand.parser(normalized);
    Extensions.replacePlaceholder(commandLine, normalized);
    String legacy = LegacyOptions.message(commandLine.getCommandSpec(), normalized);
    if (legacy != null) {
      return report(new UsageException(legacy));
    }
    try {
      return commandLine
          .setCaseInsensitiveEnumValuesAllowed(true)
          .setParameterExceptionHandler(Main::reportWrongUsage)
          .setExecutionExceptionHandler((e, command, result) -> report(e))
          .setExecutionStrategy(Main::execute)
          .execute(normalized);
    } catch (OutOfMemoryError | StackOverflowError e) {
      return report(e);
    }
  }

  private static int execute(CommandLine.ParseResult result) {
    try {
      OptionRules.check(result);
    } catch (IOException | RuntimeException e) {
      return report(e);
    }
    return new CommandLine.RunLast().execute(result);
  }

  /** Returns an argument with the dashes in an option's name replaced by underscores. */
  private static String normalized(String argument) {
    if (!argument.startsWith("--") || argument.length() == 2) {
      return argument;
    }
    int equals = argument.indexOf('=');
    String name = equals < 0 ? argument : argument.substring(0, equals);
    String value = equals < 0 ? "" : argument.substring(equals);
    return "--" + name.substring(2).replace('-', '_') + value;
  }

  private static int reportWrongUsage(ParameterException e, String[] arguments) {
    System.err.println("whittle: " + e.getMessage());
    CommandLine.UnmatchedArgumentException.printSuggestions(e, System.err);
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    System.err.println("Try '" + command + " --help'.");
    return WRONG_USAGE;
  }

  /** Prints the message of an exception and returns the exit status. */
  private static int report(Throwable e) {
    int status =
        switch (e) {
          case UsageException usage -> WRONG_USAGE;
          case IOException io -> WRONG_USAGE;
          case UncheckedIOException io -> WRONG_USAGE;
          default -> CANNOT_HANDLE_MODEL;
        };
    System.err.println("whittle: " + message(e));
    if (System.getenv("WHITTLE_STACK_TRACES") != null) {
      e.printStackTrace(System.err);
    }
    return status;
  }

  /**
   * Returns the message of an exception for users. Exceptions that no user can cause are defects,
   * whose text is of no use to them.
   */
  static String message(Throwable e) {
    return switch (e) {
      case ModelException model -> String.valueOf(model.getMessage());
      case UsageException usage -> String.valueOf(usage.getMessage());
      case IOException io -> FileErrors.message(io);
      case UncheckedIOException io -> FileErrors.message(Objects.requireNonNull(io.getCause()));
      case CancellationException cancelled -> "interrupted";
      case OutOfMemoryError memory ->
          "the virtual machine has not enough memory; give it a larger heap, for example with"
              + " JAVA_TOOL_OPTIONS=-Xmx8g";
      default ->
          "internal error of Whittle. Please report it with the output of the same command under"
              + " WHITTLE_STACK_TRACES=1.";
    };
  }
}
