package dev.whittle.npz;

import dev.whittle.io.AtomicFile;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Files of one array: NumPy's {@code .npy}, format versions 1 to 3.
 *
 * <p>Reads both byte orders and both index orders. Writes little endian in row-major order, with
 * the same bytes as NumPy.
 */
public final class NpyFile {
  private static final int CHUNK_BYTES = 1 << 16;

  private NpyFile() {}

  /**
   * Returns the default limit, in bytes, of the contents that one call loads: half of the memory
   * that the virtual machine may use.
   */
  public static long defaultMaxBytes() {
    return Runtime.getRuntime().maxMemory() / 2;
  }

  /**
   * Reads an array of at most {@link #defaultMaxBytes}.
   *
   * @throws MalformedNpzException if the file is broken, or its element type not supported
   * @throws IOException if the file cannot be read, or the contents are too large
   */
  public static NpyArray read(Path path) throws IOException {
    return read(path, defaultMaxBytes());
  }

  /**
   * Reads an array.
   *
   * @param maxBytes maximum size of its contents
   * @throws MalformedNpzException if the file is broken, or its element type not supported
   * @throws IOException if the file cannot be read, or the contents are larger than {@code
   *     maxBytes}
   */
  public static NpyArray read(Path path, long maxBytes) throws IOException {
    checkReadable(path);
    long fileBytes = Files.size(path);
    var origin = new Origin(path, null);
    try (var source = new ByteSource(Files.newInputStream(path), origin, -1, true)) {
      FileHeader header = FileHeader.read(source);
      checkSize(origin, header, fileBytes);
      checkLimit(origin.toString(), header.array().byteSize(), maxBytes);
      NpyArray array = readContents(header, source);
      source.checkEnd();
      return array;
    }
  }

  /** Reads the contents; {@code source} is at the end of {@code header}. */
  private static NpyArray readContents(FileHeader header, ByteSource source) throws IOException {
    var reader = new ArrayReader(header, source);
    if (header.array().rank() == 0) {
      return reader.nextRows(0, 1);
    }
    int rows = header.array().rows();
    return header.fortranOrder() ? reader.rowsOfFortranOrder(0, rows) : reader.nextRows(0, rows);
  }

  /** Writes an array in format version 1; an existing file is replaced atomically. */
  public static void write(Path path, NpyArray array) throws IOException {
    write(path, array, 1);
  }

  /**
   * Writes an array; an existing file is replaced atomically.
   *
   * @param version of the format: 1, 2 or 3; they differ in the header only
   */
  public static void write(Path path, NpyArray array, int version) throws IOException {
    byte[] header = FileHeader.encode(array.header(), version);
    AtomicFile.write(
        path,
        out -> {
          out.write(header);
          writeContents(array, out);
        });
  }

  static void writeContents(NpyArray array, OutputStream out) throws IOException {
    MemorySegment data = array.data();
    var chunk = new byte[(int) Math.min(CHUNK_BYTES, data.byteSize())];
    for (long offset = 0; offset < data.byteSize(); offset += chunk.length) {
      int part = (int) Math.min(chunk.length, data.byteSize() - offset);
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, offset, chunk, 0, part);
      out.write(chunk, 0, part);
    }
  }

  /** Rejects folders, and pipes and devices, which have no size and may never end. */
  static void checkReadable(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString(), null, "there is no such file");
    }
    if (!Files.isRegularFile(path)) {
      throw new IOException("cannot read " + path + ": expected a regular file");
    }
  }

  /** Checks the size that a header declares against the size of the file or entry. */
  static void checkSize(Origin origin, FileHeader header, long actual) throws IOException {
    long declared = header.totalBytes();
    if (declared != actual) {
      throw origin.malformed(
          header.length(),
          "%s takes %d bytes with its header, found %d bytes"
              .formatted(header.array(), declared, actual));
    }
  }

  static void checkLimit(String source, long bytes, long maxBytes) throws IOException {
    if (bytes > maxBytes) {
      throw new IOException(
          "%s: %d bytes of contents; the limit for one read is %d"
              .formatted(source, bytes, maxBytes));
    }
  }
}
