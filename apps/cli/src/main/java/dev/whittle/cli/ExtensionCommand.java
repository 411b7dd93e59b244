package dev.whittle.cli;

/**
 * A command in a folder of its own, which is loaded only when the command is used. It is found by
 * {@link java.util.ServiceLoader}.
 */
public interface ExtensionCommand {
  /** Returns the name on the command line. */
  String name();

  /** Returns a new command object for picocli. */
  Object command();
}
