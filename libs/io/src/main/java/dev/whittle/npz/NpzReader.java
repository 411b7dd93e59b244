package dev.whittle.npz;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * An open {@code .npz} archive that loads arrays one by one or in ranges of rows. Entries with
 * names that do not end in {@code .npy} are ignored.
 *
 * <p>Rows read in ascending order are streamed. Going back restarts the array: a compressed one is
 * decompressed from its beginning again. The checksum of an array is verified when all its rows
 * have been read in order. Not safe for use by several threads.
 *
 * <p>Methods that take a name throw {@link IllegalArgumentException} if there is no such array.
 */
public final class NpzReader implements Closeable {
  /** The maximum expansion of a deflated byte: 258 bytes in two bits (RFC 1951). */
  private static final long MAX_DEFLATE_RATIO = 1032;

  /** The maximum number of streams that stay open between reads. */
  private static final int MAX_CURSORS = 16;

  /** A stream at the beginning of a row. */
  private record Cursor(FileHeader header, ByteSource source, int row) {}

  private final Path path;
  private final long maxBytes;
  private final long fileBytes;
  private final ZipFile zip;
  private final Map<String, ZipEntry> entries;
  private final Map<String, FileHeader> headers = new HashMap<>();
  private final Map<String, Cursor> cursors = new LinkedHashMap<>();

  NpzReader(Path path, long maxBytes) throws IOException {
    NpyFile.checkReadable(path);
    this.path = path;
    this.maxBytes = maxBytes;
    this.fileBytes = Files.size(path);
    this.zip = openZip(path);
    try {
      this.entries = entries(path, zip);
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  private static ZipFile openZip(Path path) throws IOException {
    try {
      return new ZipFile(path.toFile());
    } catch (EOFException | ZipException e) {
      String problem =
          holdsOneArray(path)
              ? "is a single .npy array; expected a .npz archive"
              : "is not a readable .npz archive: " + e.getMessage();
      throw new Origin(path, null).malformed(Origin.NO_OFFSET, problem, e);
    }
  }

  private static boolean holdsOneArray(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return FileHeader.startsWithMagic(in.readNBytes(8));
    }
  }

  private static Map<String, ZipEntry> entries(Path path, ZipFile zip) throws IOException {
    Map<String, ZipEntry> entries = new LinkedHashMap<>();
    List<? extends ZipEntry> all = zip.stream().toList();
    for (ZipEntry entry : all) {
      String full = entry.getName();
      if (full.endsWith(Npz.SUFFIX)) {
        String name = full.substring(0, full.length() - Npz.SUFFIX.length());
        if (entries.put(name, entry) != null) {
          throw new Origin(path, full)
              .malformed(Origin.NO_OFFSET, "appears twice in the archive's directory");
        }
      }
    }
    if (entries.isEmpty() && !all.isEmpty()) {
      throw new Origin(path, null)
          .malformed(
              Origin.NO_OFFSET,
              "is a zip archive without arrays: no entry's name ends in .npy (the first is "
                  + MalformedNpzException.printable(all.getFirst().getName())
                  + ")");
    }
    return entries;
  }

  /** Returns the names of the arrays, without {@code .npy}, in the archive's order. */
  public List<String> names() {
    return List.copyOf(entries.keySet());
  }

  /**
   * Returns the type and shape of an array without loading its contents.
   *
   * @throws MalformedNpzException if the entry is broken or not supported
   */
  public NpyHeader header(String name) throws IOException {
    FileHeader known = headers.get(name);
    if (known != null) {
      return known.array();
    }
    ZipEntry entry = entry(name);
    try (ByteSource source = source(entry)) {
      return readHeader(name, entry, source).array();
    }
  }

  /**
   * Reads an array.
   *
   * @throws MalformedNpzException if the entry is broken or not supported
   * @throws IOException if the file cannot be read, or the array is larger than the reader's limit
   */
  public NpyArray array(String name) throws IOException {
    NpyHeader header = header(name);
    return read(name, 0, header.rank() == 0 ? 1 : header.rows());
  }

  /**
   * Reads a range along the first axis, as an array of the same rank.
   *
   * <p>Of an array in Fortran order, each call reads all bytes: prefer large ranges then.
   *
   * @param from index of the first row
   * @param to index after the last row
   * @throws IndexOutOfBoundsException if the range is not within the array
   * @throws IllegalStateException if the array is a scalar
   * @throws MalformedNpzException if the entry is broken or not supported
   * @throws IOException if the file cannot be read, or the range is larger than the reader's limit
   */
  public NpyArray rows(String name, int from, int to) throws IOException {
    Objects.checkFromToIndex(from, to, header(name).rows());
    return read(name, from, to);
  }

  private NpyArray read(String name, int from, int to) throws IOException {
    NpyHeader part = header(name).withRows(to - from);
    NpyFile.checkLimit(
        path + ", array " + MalformedNpzException.printable(name), part.byteSize(), maxBytes);
    Cursor cursor = cursorBefore(name, from);
    boolean kept = false;
    try {
      NpyArray array = read(cursor, from, to);
      kept = keep(name, cursor, to);
      return array;
    } finally {
      if (!kept) {
        cursor.source().close();
      }
    }
  }

  private static NpyArray read(Cursor cursor, int from, int to) throws IOException {
    var reader = new ArrayReader(cursor.header(), cursor.source());
    if (cursor.header().isColumnwise()) {
      return reader.rowsOfFortranOrder(from, to - from);
    }
    if (from > cursor.row()) {
      long rowBytes = cursor.header().array().rowBytes();
      cursor.source().skip((from - cursor.row()) * rowBytes, "the array's contents");
    }
    return reader.nextRows(from, to - from);
  }

  /** Keeps the stream open if rows are left; otherwise checks the end. Returns whether it kept. */
  private boolean keep(String name, Cursor cursor, int row) throws IOException {
    NpyHeader array = cursor.header().array();
    if (array.rank() == 0 || cursor.header().isColumnwise() || row == array.rows()) {
      cursor.source().checkEnd();
      return false;
    }
    if (cursors.size() == MAX_CURSORS) {
      Iterator<Cursor> oldest = cursors.values().iterator();
      oldest.next().source().close();
      oldest.remove();
    }
    cursors.put(name, new Cursor(cursor.header(), cursor.source(), row));
    return true;
  }

  private Cursor cursorBefore(String name, int row) throws IOException {
    Cursor open = cursors.remove(name);
    if (open != null && open.row() <= row) {
      return open;
    }
    if (open != null) {
      open.source().close();
    }
    ZipEntry entry = entry(name);
    ByteSource source = source(entry);
    try {
      return new Cursor(readHeader(name, entry, source), source, 0);
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
  }

  private FileHeader readHeader(String name, ZipEntry entry, ByteSource source) throws IOException {
    FileHeader header = FileHeader.read(source);
    NpyFile.checkSize(source.origin(), header, entry.getSize());
    headers.put(name, header);
    return header;
  }

  private ByteSource source(ZipEntry entry) throws IOException {
    var origin = new Origin(path, entry.getName());
    boolean stored = entry.getMethod() == ZipEntry.STORED;
    checkSizes(origin, entry, stored);
    try {
      @Nullable InputStream in = zip.getInputStream(entry);
      if (in == null) {
        throw origin.malformed(Origin.NO_OFFSET, "is missing from the archive");
      }
      return new ByteSource(in, origin, entry.getCrc(), stored);
    } catch (EOFException | ZipException e) {
      String reason = e.getMessage() == null ? "lies outside the file" : e.getMessage();
      throw origin.malformed(Origin.NO_OFFSET, reason, e);
    }
  }

  /** Checks the sizes in the archive's directory, which then limit the memory allocated. */
  private void checkSizes(Origin origin, ZipEntry entry, boolean stored) throws IOException {
    long size = entry.getSize();
    long compressed = entry.getCompressedSize();
    boolean possible =
        compressed >= 0
            && compressed <= fileBytes
            && (stored ? size == compressed : size >= 0 && size / MAX_DEFLATE_RATIO <= compressed);
    if (!possible) {
      throw origin.malformed(
          Origin.NO_OFFSET,
          "impossible sizes: %d bytes, %d compressed, in a file of %d"
              .formatted(size, compressed, fileBytes));
    }
  }

  private ZipEntry entry(String name) {
    ZipEntry entry = entries.get(name);
    if (entry == null) {
      throw new IllegalArgumentException(
          path + " has no array '" + name + "'; it has " + entries.keySet());
    }
    return entry;
  }

  @Override
  public void close() throws IOException {
    // Closes the streams of all entries too.
    zip.close();
  }
}
