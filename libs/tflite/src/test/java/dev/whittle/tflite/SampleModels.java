package dev.whittle.tflite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The models of the project's {@code testdata} folder, or of the folder that {@code
 * -Dwhittle.models} names.
 */
final class SampleModels {
  private static final Path FOLDER =
      Path.of(System.getProperty("whittle.models", "../../quality/testdata"));

  private SampleModels() {}

  static List<Path> all() {
    try (var files = Files.walk(FOLDER)) {
      return files.filter(f -> f.toString().endsWith(".tflite")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path of(String path) {
    return Path.of("../../quality/testdata", path);
  }
}
