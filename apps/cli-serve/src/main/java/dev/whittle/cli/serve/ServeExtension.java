package dev.whittle.cli.serve;

import dev.whittle.cli.ExtensionCommand;

/** Offers {@link ServeCommand} to the command line. */
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
