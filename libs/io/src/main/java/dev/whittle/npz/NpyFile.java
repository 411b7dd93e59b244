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
 * Files of one array: NumPy's {@code .npy}, format versions 1 to 3. Reads both byte orders and both
 * index orders; writes little endian in row-major order, byte for byte what NumPy writes.
 */
public final class NpyFile {
  private static final int CHUNK_BYTES = 1 << 16;

  private NpyFile() {}

  /**
   * How many bytes of contents are loaded at once where the caller sets no limit: half of the
   * memory that the virtual machine may use.
   */
  public static long defaultMaxBytes() {
    return Runtime.getRuntime().maxMemory() / 2;
  }

  /**
   * The array in {@code path}, if it fits in {@link #defaultMaxBytes}.
   *
   * @throws MalformedNpzException if the file is broken or holds elements that are not supported
   */
  public static NpyArray read(Path path) throws IOException {
    return read(path, defaultMaxBytes());
  }

  /**
   * The array in {@code path}.
   *
   * @param maxBytes the most that its contents may take
   * @throws MalformedNpzException if the file is broken or holds elements that are not supported
   * @throws IOException also if the contents are larger than {@code maxBytes}
   */
  public static NpyArray read(Path path, long maxBytes) throws IOException {
    checkReadable(path);
    long fileBytes = Files.size(path);
    var origin = new Origin(path, null);
    try (var source = new ByteSource(Files.newInputStream(path), origin, -1, true)) {
      FileHeader header = FileHeader.read(source);
      checkSize(origin, header, fileBytes);
      checkLimit(origin.toString(), header.array().byteSize(), maxBytes);
      NpyArray array = readWhole(header, source);
      source.checkEnd();
      return array;
    }
  }

  /** The contents behind {@code header}, at whose end {@code source} stands. */
  private static NpyArray readWhole(FileHeader header, ByteSource source) throws IOException {
    var reader = new ArrayReader(header, source);
    if (header.array().rank() == 0) {
      return reader.nextRows(0, 1);
    }
    int rows = header.array().rows();
    return header.fortranOrder() ? reader.rowsOfFortranOrder(0, rows) : reader.nextRows(0, rows);
  }

  /** Writes {@code array} in format version 1, replacing {@code path} only when complete. */
  public static void write(Path path, NpyArray array) throws IOException {
    write(path, array, 1);
  }

  /**
   * Writes {@code array}, replacing {@code path} only when complete.
   *
   * @param version of the format: 1, 2 or 3; they differ only in the header
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
    for (long at = 0; at < data.byteSize(); at += chunk.length) {
      int part = (int) Math.min(chunk.length, data.byteSize() - at);
      MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, chunk, 0, part);
      out.write(chunk, 0, part);
    }
  }

  /** Refuses folders, and pipes and devices, whose size is unknown and which may never end. */
  static void checkReadable(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString(), null, "there is no such file");
    }
    if (!Files.isRegularFile(path)) {
      throw new IOException("cannot read " + path + ": it is not a regular file");
    }
  }

  /** Checks the size that a header declares against what the file or entry holds. */
  static void checkSize(Origin origin, FileHeader header, long actual) throws IOException {
    long declared = header.totalBytes();
    if (declared != actual) {
      throw origin.malformed(
          header.length(),
          "%s takes %d bytes with its header, but %d are there"
              .formatted(header.array(), declared, actual));
    }
  }

  static void checkLimit(String what, long bytes, long maxBytes) throws IOException {
    if (bytes > maxBytes) {
      throw new IOException(
          "%s: %d bytes of contents, but at most %d are to be loaded at once"
              .formatted(what, bytes, maxBytes));
    }
  }
}
