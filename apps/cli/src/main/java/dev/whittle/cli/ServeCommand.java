package dev.whittle.cli;

import dev.whittle.cli.option.UsageException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The placeholder of the server, for distributions without it. */
@Command(
    name = ServeCommand.NAME,
    description = "Serves image classifiers: a page for people, an HTTP interface for programs.",
    helpCommand = false)
final class ServeCommand implements Runnable {
  static final String NAME = "serve";

  @Parameters(arity = "0..*", hidden = true)
  private List<String> ignored = List.of();

  @Override
  public void run() {
    throw new UsageException(
        "cannot serve"
            + (ignored.isEmpty() ? "" : " with '" + String.join(" ", ignored) + "'")
            + ": the folder lib/web is missing; install the full distribution");
  }
}
