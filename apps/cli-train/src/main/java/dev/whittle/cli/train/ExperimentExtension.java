package dev.whittle.cli.train;

import dev.whittle.cli.ExtensionCommand;

/** Offers {@link ExperimentCommand} to the command line. */
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
