package dev.whittle.io;

import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** The size of a file in a zip archive or an Android package. */
public final class ZippedSize {
  private ZippedSize() {}

  /** Returns the deflated size of {@code contents} in bytes. */
  public static long of(byte[] contents) throws IOException {
    var deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    try (var out = new DeflaterOutputStream(OutputStream.nullOutputStream(), deflater)) {
      out.write(contents);
      out.finish();
      return deflater.getBytesWritten();
    } finally {
      deflater.end();
    }
  }
}
