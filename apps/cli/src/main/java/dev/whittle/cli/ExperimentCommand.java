package dev.whittle.cli;

import dev.whittle.cli.option.UsageException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The placeholder of the experiments, for distributions without TensorFlow. */
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
        "cannot run the experiment"
            + (ignored.isEmpty() ? "" : " '" + String.join(" ", ignored) + "'")
            + ": the folder lib/train is missing; install the full distribution");
  }
}
