package dev.whittle.cli.train;

import dev.whittle.cli.ExtensionCommand;

/** The provider of {@link ExperimentCommand} for the command line. */
public final class ExperimentExtension implements ExtensionCommand {
  @Override
  public String name() {
    return "experiment";
  }

  @Override
  public Object command() {
    return new ExperimentCommand();
  }
}
