package dev.whittle.cli.train;

import dev.whittle.cli.option.UsageException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The command that reproduces published experiments. */
@Command(
    name = "experiment",
    description = "Reproduces a published experiment.",
    mixinStandardHelpOptions = true,
    subcommands = {KnnCommand.class, MnistCommand.class})
final class ExperimentCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Override
  public void run() {
    throw new UsageException(
        "no experiment; expected one of " + (spec == null ? "" : spec.subcommands().keySet()));
  }
}
