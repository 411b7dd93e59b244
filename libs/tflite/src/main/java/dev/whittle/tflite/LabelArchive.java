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

/** The files behind a model, by name: see {@link TrailingZip}. */
final class LabelArchive {
  private static final int MAX_FILES = 256;

  /** Bytes of all files together: far more than labels take, far less than a bomb unpacks to. */
  private static final int MAX_BYTES = 64 << 20;

  /** The first that the format can state: archives of equal files are equal. */
  private static final LocalDateTime EPOCH = LocalDateTime.of(1980, 1, 1, 0, 0);

  private LabelArchive() {}

  /**
   * Unpacks an archive in memory.
   *
   * @throws MalformedModelException if it is broken or unpacks to more than labels can take
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
          throw new MalformedModelException("the label files behind the model are too large");
        }
        files.put(entry.getName(), contents);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new MalformedModelException("the label files behind the model are broken", e);
    }
    return files;
  }

  /** An archive without compression, as readers on devices expect it; nothing for no files. */
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
