package dev.whittle.cli;

/**
 * A command that comes from a folder of its own, loaded only when it is used. Found by {@link
 * java.util.ServiceLoader}.
 */
public interface ExtensionCommand {
  /** The name on the command line. */
  String name();

  /** The picocli command object. */
  Object command();
}
