package dev.whittle.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Sizes of files as they are and as a zip archive would hold them. */
final class Sizes {
  private Sizes() {}

  /** The bytes a file takes when deflated, as in a zip archive or an Android package. */
  static long zipped(Path file) throws IOException {
    var deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    try (var out = new DeflaterOutputStream(OutputStream.nullOutputStream(), deflater)) {
      Files.copy(file, out);
      out.finish();
      return deflater.getBytesWritten();
    } finally {
      deflater.end();
    }
  }

  static void print(Path file) throws IOException {
    System.out.printf("%s: %,d bytes, %,d zipped%n", file, Files.size(file), zipped(file));
  }
}
