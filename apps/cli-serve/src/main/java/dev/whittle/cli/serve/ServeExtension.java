package dev.whittle.cli.serve;

import dev.whittle.cli.ExtensionCommand;

/** The provider of {@link ServeCommand} for the command line. */
public final class ServeExtension implements ExtensionCommand {
  @Override
  public String name() {
    return "serve";
  }

  @Override
  public Object command() {
    return new ServeCommand();
  }
}
