package dev.whittle.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * The optional parts of the distribution: native code, TensorFlow and the server.
 *
 * <p>They are folders of jars beside those of the core. A command that needs a folder adds it to
 * the thread's class loader, so that other commands start faster, and run without it.
 */
final class Extensions {
  static final String LITERT = "litert";
  static final String TRAIN = "train";
  private static final String WEB = "web";

  /** The folders of the commands that are extensions. */
  private static final Map<String, List<String>> FOLDERS =
      Map.of(ExperimentCommand.NAME, List.of(LITERT, TRAIN), ServeCommand.NAME, List.of(WEB));

  private Extensions() {}

  /** Adds folders of the distribution to the class path; missing folders are ignored. */
  static void load(String... folders) {
    List<URL> jars = new ArrayList<>();
    Path library = library();
    for (String folder : folders) {
      if (library != null && Files.isDirectory(library.resolve(folder))) {
        jars.addAll(jars(library.resolve(folder)));
      }
    }
    if (!jars.isEmpty()) {
      Thread thread = Thread.currentThread();
      thread.setContextClassLoader(
          new URLClassLoader(jars.toArray(URL[]::new), Extensions.class.getClassLoader()));
    }
  }

  /** Replaces the placeholder of an extension's command, if the distribution has the extension. */
  static void replacePlaceholder(CommandLine commandLine, String[] arguments) {
    String name = arguments.length == 0 ? "" : arguments[0];
    List<String> folders = FOLDERS.get(name);
    if (folders == null) {
      return;
    }
    load(folders.toArray(String[]::new));
    Object command = command(name);
    if (command != null) {
      commandLine.getCommandSpec().removeSubcommand(name);
      commandLine.addSubcommand(name, command);
    }
  }

  /** Returns a command of the loaded extensions; null if there is none of that name. */
  private static @Nullable Object command(String name) {
    for (ExtensionCommand command : ServiceLoader.load(ExtensionCommand.class)) {
      if (command.name().equals(name)) {
        return command.command();
      }
    }
    return null;
  }

  private static List<URL> jars(Path folder) {
    try (var files = Files.list(folder)) {
      List<URL> urls = new ArrayList<>();
      for (Path jar : files.filter(f -> f.toString().endsWith(".jar")).sorted().toList()) {
        urls.add(url(jar));
      }
      return urls;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static URL url(Path jar) throws MalformedURLException {
    return jar.toUri().toURL();
  }

  /** Returns the folder of this class's jar; null if it was loaded from a class file. */
  private static @Nullable Path library() {
    try {
      var source = Extensions.class.getProtectionDomain().getCodeSource();
      Path jar = source == null ? null : Path.of(source.getLocation().toURI());
      return jar != null && Files.isRegularFile(jar) ? jar.getParent() : null;
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
