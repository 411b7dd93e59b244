package dev.whittle.tflite;

import dev.whittle.ir.tensor.Constant;
import dev.whittle.ir.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * The zip archive of label files that TensorFlow Lite Metadata appends to a model, which makes the
 * file both a flatbuffer and a zip archive.
 *
 * <p>The offsets in its central directory count from the start of the file or of the archive. In
 * memory they always count from the start of the archive.
 */
final class TrailingZip {
  private static final int END_SIGNATURE = 0x06054b50;
  private static final int ENTRY_SIGNATURE = 0x02014b50;
  private static final int END_SIZE = 22;
  private static final int MAX_COMMENT = 0xffff;

  /** Archives of labels are small: a larger trailer is ignored. */
  private static final long MAX_SIZE = 256L << 20;

  private static final Constant NONE = Constant.of(new byte[0]);

  private TrailingZip() {}

  /** Returns the archive at the end of a file; empty if there is no valid one. */
  static Constant read(MemorySegment file) {
    long end = findEnd(file);
    if (end < 0) {
      return NONE;
    }
    long directorySize = u32(file, end + 12);
    long directoryOffset = u32(file, end + 16);
    long directory = end - directorySize;
    if (directory < 0) {
      return NONE;
    }
    long first = firstEntry(file, directory, end);
    // The origin of the offsets: 0 if they count from the start of the file.
    long base = directory - directoryOffset;
    long start = base + first;
    if (first < 0 || base < 0 || start <= 0 || start > directory) {
      return NONE;
    }
    long size = file.byteSize() - start;
    if (size > MAX_SIZE) {
      return NONE;
    }
    byte[] archive = file.asSlice(start, size).toArray(Tensor.BYTE);
    shift(archive, -first);
    return Constant.of(archive);
  }

  /** Returns the archive with offsets for a start at {@code offset} of a file. */
  static byte[] at(long offset, Constant archive) {
    byte[] bytes = archive.bytes().toArray(Tensor.BYTE);
    if (bytes.length > 0) {
      shift(bytes, offset);
    }
    return bytes;
  }

  private static long findEnd(MemorySegment file) {
    long min = Math.max(0, file.byteSize() - END_SIZE - MAX_COMMENT);
    for (long at = file.byteSize() - END_SIZE; at >= min; at--) {
      if (file.get(Tensor.INT, at) == END_SIGNATURE) {
        int comment = file.get(Tensor.SHORT, at + 20) & 0xffff;
        return at + END_SIZE + comment == file.byteSize() ? at : -1;
      }
    }
    return -1;
  }

  /** Returns the smallest offset of an entry in the directory; -1 if the directory is broken. */
  private static long firstEntry(MemorySegment file, long directory, long end) {
    long first = Long.MAX_VALUE;
    long at = directory;
    while (at < end) {
      if (at + 46 > end || file.get(Tensor.INT, at) != ENTRY_SIGNATURE) {
        return -1;
      }
      first = Math.min(first, u32(file, at + 42));
      at += entrySize(file, at);
    }
    return at == end && first != Long.MAX_VALUE ? first : -1;
  }

  private static long entrySize(MemorySegment file, long at) {
    return 46L + u16(file, at + 28) + u16(file, at + 30) + u16(file, at + 32);
  }

  private static void shift(byte[] archive, long by) {
    MemorySegment bytes = MemorySegment.ofArray(archive);
    long end = findEnd(bytes);
    long directory = end - u32(bytes, end + 12);
    for (long at = directory; at < end; at += entrySize(bytes, at)) {
      bytes.set(Tensor.INT, at + 42, (int) (u32(bytes, at + 42) + by));
    }
    bytes.set(Tensor.INT, end + 16, (int) (u32(bytes, end + 16) + by));
  }

  private static long u32(MemorySegment bytes, long at) {
    return bytes.get(Tensor.INT, at) & 0xffff_ffffL;
  }

  private static int u16(MemorySegment bytes, long at) {
    return bytes.get(Tensor.SHORT, at) & 0xffff;
  }
}
