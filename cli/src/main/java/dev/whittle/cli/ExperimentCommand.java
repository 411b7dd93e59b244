package dev.whittle.cli;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Stands for the experiments until one is asked for: they need TensorFlow. */
@Command(
    name = ExperimentCommand.NAME,
    description = "Reproduces a published experiment: knn.",
    helpCommand = false)
final class ExperimentCommand implements Runnable {
  static final String NAME = "experiment";

  @Parameters(arity = "0..*", hidden = true)
  private List<String> ignored = List.of();

  /** Puts the real command in place if the arguments ask for it and the distribution has it. */
  static void replaceIfAsked(CommandLine commandLine, String[] arguments) {
    if (arguments.length > 0 && arguments[0].equals(NAME)) {
      Extensions.load(Extensions.LITERT, Extensions.TRAIN);
      Object command = Extensions.command(NAME);
      if (command != null) {
        commandLine.getCommandSpec().removeSubcommand(NAME);
        commandLine.addSubcommand(NAME, command);
      }
    }
  }

  @Override
  public void run() {
    throw new UsageException(
        "experiments need the folder lib/train of the full distribution, which is not there"
            + (ignored.isEmpty() ? "" : " (asked for: " + String.join(" ", ignored) + ")"));
  }
}
