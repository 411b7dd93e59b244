package dev.whittle.cli;

import dev.whittle.ir.ModelException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
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
    return commandLine
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(Main::reportWrongUsage)
        .setExecutionExceptionHandler((e, command, result) -> report(e))
        .execute(normalized);
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
  private static int report(Exception e) {
    int status =
        switch (e) {
          case ModelException model -> CANNOT_HANDLE_MODEL;
          case UsageException usage -> WRONG_USAGE;
          case IllegalArgumentException argument -> WRONG_USAGE;
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

  /** Returns the message of an exception for users. */
  static String message(Exception e) {
    return switch (e) {
      case NoSuchFileException missing -> missing.getFile() + ": there is no such file";
      case AccessDeniedException denied -> denied.getFile() + ": permission denied";
      case ModelException model -> String.valueOf(model.getMessage());
      case UsageException usage -> String.valueOf(usage.getMessage());
      case IllegalArgumentException argument -> String.valueOf(argument.getMessage());
      case IOException io -> String.valueOf(io.getMessage());
      case UncheckedIOException io -> String.valueOf(io.getMessage());
      default ->
          "internal error of Whittle: "
              + e
              + "\nPlease report it with the output of the same command under"
              + " WHITTLE_STACK_TRACES=1.";
    };
  }
}
