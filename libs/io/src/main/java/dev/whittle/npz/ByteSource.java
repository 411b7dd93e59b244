package dev.whittle.npz;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32;
import java.util.zip.ZipException;

/** A forward reader of a file or entry that counts bytes and verifies their checksum. */
final class ByteSource implements Closeable {
  private static final int BUFFER_BYTES = 1 << 14;

  private final InputStream in;
  private final Origin origin;
  private final long expectedChecksum;
  private final boolean seekable;
  private final CRC32 checksum = new CRC32();
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;
  private long offset;
  private boolean sawAll = true;

  /**
   * Creates a source that owns {@code in}.
   *
   * @param expectedChecksum CRC-32 of all bytes; -1 if there is none
   * @param seekable true if skipping is cheaper than reading; skipped bytes are not verified
   */
  ByteSource(InputStream in, Origin origin, long expectedChecksum, boolean seekable) {
    this.in = in;
    this.origin = origin;
    this.expectedChecksum = expectedChecksum;
    this.seekable = seekable;
  }

  Origin origin() {
    return origin;
  }

  /** Returns the number of bytes consumed so far. */
  long offset() {
    return offset;
  }

  /**
   * Reads the next {@code count} bytes.
   *
   * @param content name of the bytes in error messages
   */
  byte[] readBytes(int count, String content) throws IOException {
    byte[] bytes = new byte[count];
    readInto(MemorySegment.ofArray(bytes), 0, count, content);
    return bytes;
  }

  /** Reads the next {@code count} bytes into {@code target} from {@code targetOffset} on. */
  void readInto(MemorySegment target, long targetOffset, long count, String content)
      throws IOException {
    long done = 0;
    while (done < count) {
      if (position == limit) {
        fill(count - done, content);
      }
      int part = (int) Math.min(count - done, limit - position);
      MemorySegment.copy(
          MemorySegment.ofArray(buffer), position, target, targetOffset + done, part);
      consume(part);
      done += part;
    }
  }

  /** Skips {@code count} bytes. */
  void skip(long count, String content) throws IOException {
    long left = count;
    while (left > 0) {
      if (position == limit) {
        if (seekable && left > BUFFER_BYTES) {
          seek(left);
          return;
        }
        fill(left, content);
      }
      int part = (int) Math.min(left, limit - position);
      consume(part);
      left -= part;
    }
  }

  private void seek(long count) throws IOException {
    try {
      in.skipNBytes(count);
    } catch (EOFException | ZipException e) {
      throw broken(e);
    }
    sawAll = false;
    offset += count;
  }

  private void consume(int count) {
    position += count;
    offset += count;
  }

  private void fill(long missing, String content) throws IOException {
    if (!fillBuffer()) {
      throw origin.malformed(
          offset, "ends within " + content + "; expected " + missing + " more bytes");
    }
  }

  /** Fills the buffer; returns false at the end of the file. */
  private boolean fillBuffer() throws IOException {
    position = 0;
    limit = 0;
    try {
      limit = in.readNBytes(buffer, 0, buffer.length);
    } catch (EOFException | ZipException e) {
      throw broken(e);
    }
    checksum.update(buffer, 0, limit);
    return limit > 0;
  }

  private MalformedNpzException broken(IOException cause) {
    String reason = cause.getMessage();
    return origin.malformed(
        offset, "broken data" + (reason == null ? "" : " (" + reason + ")"), cause);
  }

  /** Checks that no bytes are left, and the checksum unless bytes were skipped unread. */
  void checkEnd() throws IOException {
    if (position < limit || fillBuffer()) {
      throw origin.malformed(offset, "expected the end, found more bytes after the array");
    }
    if (sawAll && expectedChecksum >= 0 && checksum.getValue() != expectedChecksum) {
      throw origin.malformed(
          Origin.NO_OFFSET,
          "wrong checksum: expected %08x, found %08x"
              .formatted(expectedChecksum, checksum.getValue()));
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
