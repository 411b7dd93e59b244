package dev.whittle.npz;

import dev.whittle.io.AtomicFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Files of named arrays: NumPy's {@code .npz}, a zip archive of {@code .npy} files. Names are keys;
 * they never become paths.
 */
public final class Npz {
  static final String SUFFIX = ".npy";

  /** The earliest time of the zip format. It is fixed so that equal arrays give equal files. */
  private static final LocalDateTime ENTRY_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private static final int MAX_NAME_BYTES = 0xffff;

  private Npz() {}

  /**
   * Reads all arrays, together at most {@link NpyFile#defaultMaxBytes}.
   *
   * @return arrays by name, in the archive's order
   * @throws MalformedNpzException if the file is broken or an array is not supported
   * @throws IOException if the file cannot be read, or the contents are too large
   */
  public static Map<String, NpyArray> read(Path path) throws IOException {
    return read(path, NpyFile.defaultMaxBytes());
  }

  /**
   * Reads all arrays.
   *
   * @param maxBytes maximum size of all contents together
   * @return arrays by name, in the archive's order
   * @throws MalformedNpzException if the file is broken or an array is not supported
   * @throws IOException if the file cannot be read, or the contents are larger than {@code
   *     maxBytes}
   */
  public static Map<String, NpyArray> read(Path path, long maxBytes) throws IOException {
    try (NpzReader reader = open(path, maxBytes)) {
      long bytes = 0;
      for (String name : reader.names()) {
        bytes += Math.min(reader.header(name).byteSize(), Long.MAX_VALUE - bytes);
      }
      NpyFile.checkLimit(path.toString(), bytes, maxBytes);
      Map<String, NpyArray> arrays = new LinkedHashMap<>();
      for (String name : reader.names()) {
        arrays.put(name, reader.array(name));
      }
      return arrays;
    }
  }

  /**
   * Opens an archive to read arrays one by one or in ranges of rows, at most {@link
   * NpyFile#defaultMaxBytes} at a time.
   *
   * @throws MalformedNpzException if the archive's directory is broken
   */
  public static NpzReader open(Path path) throws IOException {
    return open(path, NpyFile.defaultMaxBytes());
  }

  /**
   * Opens an archive to read arrays one by one or in ranges of rows.
   *
   * @param maxBytes maximum size of the contents that one call loads
   * @throws MalformedNpzException if the archive's directory is broken
   */
  public static NpzReader open(Path path, long maxBytes) throws IOException {
    return new NpzReader(path, maxBytes);
  }

  /**
   * Writes uncompressed arrays in the map's order; an existing file is replaced atomically.
   *
   * @throws IllegalArgumentException if a name is not possible in a zip archive
   */
  public static void write(Path path, Map<String, NpyArray> arrays) throws IOException {
    write(path, arrays, ZipEntry.STORED);
  }

  /**
   * Writes deflated arrays in the map's order; an existing file is replaced atomically.
   *
   * @throws IllegalArgumentException if a name is not possible in a zip archive
   */
  public static void writeCompressed(Path path, Map<String, NpyArray> arrays) throws IOException {
    write(path, arrays, ZipEntry.DEFLATED);
  }

  private static void write(Path path, Map<String, NpyArray> arrays, int method)
      throws IOException {
    arrays.keySet().forEach(Npz::checkName);
    AtomicFile.write(
        path,
        out -> {
          var zip = new ZipOutputStream(out);
          for (Map.Entry<String, NpyArray> array : arrays.entrySet()) {
            writeEntry(zip, array.getKey(), array.getValue(), method);
          }
          zip.finish();
        });
  }

  private static void writeEntry(ZipOutputStream zip, String name, NpyArray array, int method)
      throws IOException {
    byte[] header = FileHeader.encode(array.header(), 1);
    var entry = new ZipEntry(name + SUFFIX);
    entry.setMethod(method);
    entry.setTimeLocal(ENTRY_TIME);
    // ZipOutputStream needs the size to choose the ZIP64 format for entries from 4 GiB.
    entry.setSize(header.length + array.data().byteSize());
    if (method == ZipEntry.STORED) {
      entry.setCrc(checksum(header, array));
    }
    zip.putNextEntry(entry);
    zip.write(header);
    NpyFile.writeContents(array, zip);
    zip.closeEntry();
  }

  private static long checksum(byte[] header, NpyArray array) throws IOException {
    var checksum = new CRC32();
    checksum.update(header);
    NpyFile.writeContents(array, new ChecksumSink(checksum));
    return checksum.getValue();
  }

  private static void checkName(String name) {
    boolean encodable = StandardCharsets.UTF_8.newEncoder().canEncode(name);
    int bytes = name.getBytes(StandardCharsets.UTF_8).length + SUFFIX.length();
    if (!encodable || name.indexOf('\0') >= 0 || bytes > MAX_NAME_BYTES) {
      throw new IllegalArgumentException(
          "the name %s is not possible in a zip archive; expected at most %d bytes of UTF-8"
                  .formatted(MalformedNpzException.printable(name), MAX_NAME_BYTES)
              + " without zeros");
    }
  }

  /** A stream that only updates a checksum. */
  private static final class ChecksumSink extends OutputStream {
    private final CRC32 checksum;

    ChecksumSink(CRC32 checksum) {
      this.checksum = checksum;
    }

    @Override
    public void write(int b) {
      checksum.update(b);
    }

    @Override
    public void write(byte[] bytes, int from, int count) {
      checksum.update(bytes, from, count);
    }
  }
}
