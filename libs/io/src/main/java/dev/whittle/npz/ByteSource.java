package dev.whittle.npz;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32;
import java.util.zip.ZipException;

/** Reads forward through one file or entry, counting bytes and checking their checksum. */
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
   * A source that owns {@code in}.
   *
   * @param expectedChecksum the CRC-32 of all bytes, or -1 if there is none
   * @param seekable whether skipping is cheaper than reading; skipped bytes go unchecked
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

  /** Bytes consumed so far. */
  long offset() {
    return offset;
  }

  /** The next {@code count} bytes; what {@code what} calls them goes into messages. */
  byte[] readBytes(int count, String what) throws IOException {
    byte[] bytes = new byte[count];
    readInto(MemorySegment.ofArray(bytes), 0, count, what);
    return bytes;
  }

  /** Fills {@code count} bytes of {@code target} from byte {@code at}. */
  void readInto(MemorySegment target, long at, long count, String what) throws IOException {
    long done = 0;
    while (done < count) {
      if (position == limit) {
        fill(count - done, what);
      }
      int part = (int) Math.min(count - done, limit - position);
      MemorySegment.copy(MemorySegment.ofArray(buffer), position, target, at + done, part);
      consume(part);
      done += part;
    }
  }

  /** Passes over {@code count} bytes. */
  void skip(long count, String what) throws IOException {
    long left = count;
    while (left > 0) {
      if (position == limit) {
        if (seekable && left > BUFFER_BYTES) {
          seek(left);
          return;
        }
        fill(left, what);
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

  private void fill(long missing, String what) throws IOException {
    if (!more()) {
      throw origin.malformed(
          offset, "ends within " + what + ": " + missing + " more bytes expected");
    }
  }

  private boolean more() throws IOException {
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

  /** Checks that nothing is left, and the checksum if no byte was skipped unread. */
  void checkEnd() throws IOException {
    if (position < limit || more()) {
      throw origin.malformed(offset, "more bytes follow the array");
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
