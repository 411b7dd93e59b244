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
 * Files of several named arrays: NumPy's {@code .npz}, a zip archive of {@code .npy} files. Names
 * are keys and nothing else: no path is ever made of them.
 */
public final class Npz {
  static final String SUFFIX = ".npy";

  /** A fixed time, so that equal arrays give equal files; the earliest that zip archives know. */
  private static final LocalDateTime ENTRY_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private static final int MAX_NAME_BYTES = 0xffff;

  private Npz() {}

  /**
   * All arrays by name, in the archive's order, if they fit in {@link NpyFile#defaultMaxBytes}
   * together.
   *
   * @throws MalformedNpzException if the file is broken or an array is not supported
   */
  public static Map<String, NpyArray> read(Path path) throws IOException {
    return read(path, NpyFile.defaultMaxBytes());
  }

  /**
   * All arrays by name, in the archive's order.
   *
   * @param maxBytes the most that all contents together may take
   * @throws MalformedNpzException if the file is broken or an array is not supported
   * @throws IOException also if the contents are larger than {@code maxBytes}
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
   * Opens an archive to load arrays one by one or in part, each time at most {@link
   * NpyFile#defaultMaxBytes}.
   *
   * @throws MalformedNpzException if the archive's directory is broken
   */
  public static NpzReader open(Path path) throws IOException {
    return open(path, NpyFile.defaultMaxBytes());
  }

  /**
   * Opens an archive to load arrays one by one or in part.
   *
   * @param maxBytes the most that the contents loaded by one call may take
   * @throws MalformedNpzException if the archive's directory is broken
   */
  public static NpzReader open(Path path, long maxBytes) throws IOException {
    return new NpzReader(path, maxBytes);
  }

  /**
   * Writes arrays uncompressed in the map's order, replacing {@code path} only when complete.
   *
   * @throws IllegalArgumentException if a name cannot stand in a zip archive
   */
  public static void write(Path path, Map<String, NpyArray> arrays) throws IOException {
    write(path, arrays, ZipEntry.STORED);
  }

  /**
   * Writes arrays deflated in the map's order, replacing {@code path} only when complete.
   *
   * @throws IllegalArgumentException if a name cannot stand in a zip archive
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
    // With the size given, the archive takes its 64-bit form from 4 GiB on.
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
          "not a possible name in a zip archive: " + MalformedNpzException.printable(name));
    }
  }

  /** Takes bytes for their checksum only. */
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
