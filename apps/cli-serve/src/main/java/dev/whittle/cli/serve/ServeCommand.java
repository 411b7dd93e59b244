package dev.whittle.cli.serve;

import dev.whittle.cli.option.Arguments;
import dev.whittle.cli.option.UsageException;
import dev.whittle.web.ClassifierServer;
import dev.whittle.web.ServerOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command that starts the image classifier's server. */
@Command(
    name = "serve",
    description = "Serves image classifiers: a page for people, an HTTP interface for programs.",
    mixinStandardHelpOptions = true)
final class ServeCommand implements Callable<Integer> {
  private static final String API_KEY = "WHITTLE_API_KEY";
  private static final String PASSWORD = "WHITTLE_KEYSTORE_PASSWORD";

  /** Maximum of sizes in MiB and in millions of pixels. */
  private static final long MAX_MIB = 1 << 20;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description =
          "A folder of .tflite files, with labels in NAME.txt or labels.txt unless the files have"
              + " them. Files that are added, changed or removed later are noticed.")
  private @Nullable Path models;

  @Option(
      names = "--port",
      defaultValue = "8080",
      description = "The port to listen at; 0 for any free port (default: ${DEFAULT-VALUE}).")
  private int port = 8080;

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "The address to listen at; 0.0.0.0 for all (default: ${DEFAULT-VALUE}).")
  private String host = "127.0.0.1";

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Maximum number of inferences at a time (default: one for each processor).")
  private int threads = ServerOptions.DEFAULT.threads();

  @Option(
      names = "--queue",
      paramLabel = "N",
      defaultValue = "64",
      description =
          "Maximum number of waiting requests; others get status 429 (default: ${DEFAULT-VALUE}).")
  private int queue = 64;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description =
          "Maximum time that a request may wait, and then compute (default: ${DEFAULT-VALUE}).")
  private int timeout = 30;

  @Option(
      names = "--max_request",
      paramLabel = "MIB",
      defaultValue = "20",
      description = "Maximum size of a request, in MiB (default: ${DEFAULT-VALUE}).")
  private long maxRequest = 20;

  @Option(
      names = "--max_megapixels",
      paramLabel = "N",
      defaultValue = "40",
      description = "Maximum size of an image (default: ${DEFAULT-VALUE} million pixels).")
  private long maxMegapixels = 40;

  @Option(
      names = "--keystore",
      paramLabel = "F.p12",
      description =
          "Serves HTTPS with this certificate; its password is in the environment variable "
              + PASSWORD
              + ". Phones need HTTPS for the camera and for installing the page.")
  private @Nullable Path keyStore;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (models != null && !Files.isDirectory(models)) {
      throw new UsageException("--models " + models + ": there is no such folder");
    }
    if (keyStore != null && !Files.isRegularFile(keyStore)) {
      throw new UsageException("--keystore " + keyStore + ": there is no such file");
    }
    String apiKey = System.getenv(API_KEY);
    ServerOptions options = options(apiKey == null || apiKey.isEmpty() ? null : apiKey);
    var server = new ClassifierServer(options);
    server.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server), "whittle-stop"));
    System.out.println(server.address());
    System.err.println("whittle: serving " + server.modelNames() + "; stop with Ctrl-C");
    if (options.apiKey() == null && !options.isLoopback()) {
      System.err.println(
          "whittle: anyone who can reach this machine can use the server; set "
              + API_KEY
              + " to require a key");
    }
    server.join();
    return 0;
  }

  private ServerOptions options(@Nullable String apiKey) {
    if (maxRequest < 1 || maxRequest > MAX_MIB || maxMegapixels < 1 || maxMegapixels > MAX_MIB) {
      throw new UsageException(
          "--max_request %d, --max_megapixels %d: expected 1 to %d"
              .formatted(maxRequest, maxMegapixels, MAX_MIB));
    }
    return Arguments.checked(
        "--host %s, --port %d, --threads %d, --queue %d, --timeout %d"
            .formatted(host, port, threads, queue, timeout),
        () ->
            ServerOptions.DEFAULT
                .with(host, port, models)
                .withLoad(threads, queue, Duration.ofSeconds(timeout))
                .withLimits(maxRequest << 20, maxMegapixels * 1_000_000)
                .withSecurity(apiKey, keyStore, System.getenv(PASSWORD)));
  }

  private static void stop(ClassifierServer server) {
    try {
      server.close();
    } catch (IOException e) {
      System.err.println("whittle: " + e.getMessage());
    }
  }
}
