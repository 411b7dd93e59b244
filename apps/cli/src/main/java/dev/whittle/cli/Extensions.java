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
 * The parts of the distribution that most commands do without: native code and the server. They lie
 * in folders beside the core's jars and are added to the thread's class loader when something needs
 * them, so that everything else starts without them and runs where they do not exist.
 */
final class Extensions {
  static final String LITERT = "litert";
  static final String TRAIN = "train";
  private static final String WEB = "web";

  /** The folders that commands of other parts need. */
  private static final Map<String, List<String>> FOLDERS =
      Map.of(ExperimentCommand.NAME, List.of(LITERT, TRAIN), ServeCommand.NAME, List.of(WEB));

  private Extensions() {}

  /** Adds folders of the distribution; those that are not there are passed over. */
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

  /** Puts the real command in place of what stands for it, if the distribution has it. */
  static void replaceIfAsked(CommandLine commandLine, String[] arguments) {
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

  /** The command of that name from the loaded extensions, or null. */
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

  /** The folder of the jar that this class is in; null where it runs from class files. */
  private static @Nullable Path library() {
    try {
      var source = Extensions.class.getProtectionDomain().getCodeSource();
      Path place = source == null ? null : Path.of(source.getLocation().toURI());
      return place != null && Files.isRegularFile(place) ? place.getParent() : null;
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
