package dev.whittle.tflite;

import dev.whittle.ir.MalformedModelException;
import dev.whittle.ir.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** Recognition of model files, and of other kinds of files, by their first bytes. */
final class FileKind {
  private static final String IDENTIFIER = "TFL3";
  private static final int IDENTIFIER_OFFSET = 4;

  private FileKind() {}

  /**
   * Checks the identifier of the file format.
   *
   * @throws MalformedModelException if the identifier is missing; the message names the kind of the
   *     file, if it is a common one
   */
  static void requireModel(MemorySegment file, String name) {
    if (file.byteSize() == 0) {
      throw new MalformedModelException(name + ": the file is empty; expected a .tflite file");
    }
    String head = latin(file, 0, 16);
    if (head.length() >= 8 && head.startsWith(IDENTIFIER, IDENTIFIER_OFFSET)) {
      return;
    }
    throw new MalformedModelException(
        "%s: not a .tflite file: expected the identifier %s at byte %d%s"
            .formatted(name, IDENTIFIER, IDENTIFIER_OFFSET, otherKind(head)));
  }

  private static String otherKind(String head) {
    if (head.startsWith("PK")) {
      return "; it is a zip archive (a .keras file? convert it first)";
    }
    if (head.startsWith("\u0089HDF")) {
      return "; it is an HDF5 file (Keras .h5? convert it first)";
    }
    if (head.startsWith("\u001f\u008b")) {
      return "; it is compressed with gzip (unpack it first)";
    }
    if (head.startsWith("version https://")) {
      return "; it is a Git LFS pointer (run git lfs pull)";
    }
    String text = head.stripLeading();
    if (text.startsWith("<")) {
      return "; it is an HTML or XML page (a failed download?)";
    }
    return text.startsWith("{") ? "; it is JSON" : "";
  }

  private static String latin(MemorySegment file, long offset, int count) {
    long size = Math.min(count, file.byteSize() - offset);
    return new String(file.asSlice(offset, size).toArray(Tensor.BYTE), StandardCharsets.ISO_8859_1);
  }
}
