package dev.whittle.cli;

import dev.whittle.io.ZippedSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Output of a file's size, and of its size in a zip archive. */
final class Sizes {
  private Sizes() {}

  static void print(Path file) throws IOException {
    byte[] contents = Files.readAllBytes(file);
    System.out.printf(
        "%s: %,d bytes, %,d zipped%n", file, contents.length, ZippedSize.of(contents));
  }
}
