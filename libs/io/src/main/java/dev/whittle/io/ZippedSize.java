package dev.whittle.io;

import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** How small a file gets in a zip archive or an Android package. */
public final class ZippedSize {
  private ZippedSize() {}

  /** The bytes that {@code contents} take when deflated. */
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
