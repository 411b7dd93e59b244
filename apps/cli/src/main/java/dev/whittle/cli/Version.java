package dev.whittle.cli;

import picocli.CommandLine.IVersionProvider;

/** The version of this build. */
public final class Version implements IVersionProvider {
  /** Returns the line that {@code whittle --version} prints. */
  static String text() {
    String version = Version.class.getPackage().getImplementationVersion();
    return "whittle " + (version == null ? "(not packaged)" : version);
  }

  @Override
  public String[] getVersion() {
    return new String[] {text()};
  }
}
