package dev.whittle.cli;

import dev.whittle.io.ZippedSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Sizes of files as they are and as a zip archive would hold them. */
final class Sizes {
  private Sizes() {}

  static void print(Path file) throws IOException {
    byte[] contents = Files.readAllBytes(file);
    System.out.printf(
        "%s: %,d bytes, %,d zipped%n", file, contents.length, ZippedSize.of(contents));
  }
}
