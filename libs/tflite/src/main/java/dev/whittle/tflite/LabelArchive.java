package dev.whittle.tflite;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Tensor;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** Reading and writing of the zip archive of label files after a model, {@link TrailingZip}. */
final class LabelArchive {
  private static final int MAX_FILES = 256;

  /** The limit of all files together in bytes, against archives that expand to much more. */
  private static final int MAX_BYTES = 64 << 20;

  /** The earliest time of the zip format. It is fixed so that equal files give equal archives. */
  private static final LocalDateTime EPOCH = LocalDateTime.of(1980, 1, 1, 0, 0);

  private LabelArchive() {}

  /**
   * Unpacks an archive in memory.
   *
   * @return files by name
   * @throws MalformedModelException if the archive is broken, or its contents exceed the limits
   */
  static Map<String, byte[]> read(Constant archive) {
    byte[] bytes = archive.bytes().toArray(Tensor.BYTE);
    Map<String, byte[]> files = new LinkedHashMap<>();
    int left = MAX_BYTES;
    try (var zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        byte[] contents = zip.readNBytes(left + 1);
        left -= contents.length;
        if (left < 0 || files.size() == MAX_FILES) {
          throw new MalformedModelException(
              "the archive of label files after the model is too large; expected at most %d files"
                      .formatted(MAX_FILES)
                  + " of %,d bytes together".formatted(MAX_BYTES));
        }
        files.put(entry.getName(), contents);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new MalformedModelException(
          "the archive of label files after the model is truncated or damaged", e);
    }
    return files;
  }

  /** Returns an uncompressed archive, as readers on devices expect it; empty for no files. */
  static Constant write(Map<String, byte[]> files) {
    if (files.isEmpty()) {
      return Constant.of(new byte[0]);
    }
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        var checksum = new CRC32();
        checksum.update(file.getValue());
        var entry = new ZipEntry(file.getKey());
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(file.getValue().length);
        entry.setCrc(checksum.getValue());
        entry.setTimeLocal(EPOCH);
        zip.putNextEntry(entry);
        zip.write(file.getValue());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Constant.of(bytes.toByteArray());
  }
}
