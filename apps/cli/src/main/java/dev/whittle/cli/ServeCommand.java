package dev.whittle.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Stands for the server until it is asked for. */
@Command(
    name = ServeCommand.NAME,
    description = "Serves classifiers of pictures: a page for people, an interface for programs.",
    helpCommand = false)
final class ServeCommand implements Runnable {
  static final String NAME = "serve";

  @Parameters(arity = "0..*", hidden = true)
  private List<String> ignored = List.of();

  @Override
  public void run() {
    throw new UsageException(
        "serving needs the folder lib/web of the distribution, which is not there"
            + (ignored.isEmpty() ? "" : " (asked for: " + String.join(" ", ignored) + ")"));
  }
}
