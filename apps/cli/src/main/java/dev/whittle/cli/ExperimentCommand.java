package dev.whittle.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Stands for the experiments until one is asked for: they need TensorFlow. */
@Command(
    name = ExperimentCommand.NAME,
    description = "Reproduces a published experiment: knn, mnist.",
    helpCommand = false)
final class ExperimentCommand implements Runnable {
  static final String NAME = "experiment";

  @Parameters(arity = "0..*", hidden = true)
  private List<String> ignored = List.of();

  @Override
  public void run() {
    throw new UsageException(
        "experiments need the folder lib/train of the full distribution, which is not there"
            + (ignored.isEmpty() ? "" : " (asked for: " + String.join(" ", ignored) + ")"));
  }
}
