package dev.whittle.npz;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Encoding and decoding of NumPy's two string types, padded to a common length. */
final class Strings {
  private Strings() {}

  /** Returns whether {@code codePoint} is a Unicode scalar value: valid and not a surrogate. */
  static boolean isScalar(int codePoint) {
    return Character.isValidCodePoint(codePoint)
        && (codePoint < Character.MIN_SURROGATE || codePoint > Character.MAX_SURROGATE);
  }

  static NpyArray ofBytes(List<byte[]> values, int[] shape) {
    int width = 1;
    for (byte[] value : values) {
      if (value.length > 0 && value[value.length - 1] == 0) {
        throw endsInZero(value.length);
      }
      width = Math.max(width, value.length);
    }
    var header = new NpyHeader(DType.BYTES, width, shape);
    MemorySegment data = allocate(header, values.size());
    long at = 0;
    for (byte[] value : values) {
      MemorySegment.copy(value, 0, data, ValueLayout.JAVA_BYTE, at, value.length);
      at += width;
    }
    return new NpyArray(header, data);
  }

  static NpyArray ofUnicode(List<String> values, int[] shape) {
    int width = 1;
    for (String value : values) {
      checkUnicode(value);
      width = Math.max(width, value.codePointCount(0, value.length()));
    }
    var header = new NpyHeader(DType.UNICODE, Math.multiplyExact(width, 4), shape);
    MemorySegment data = allocate(header, values.size());
    long at = 0;
    for (String value : values) {
      int[] codePoints = value.codePoints().toArray();
      MemorySegment.copy(codePoints, 0, data, Layouts.INT, at, codePoints.length);
      at += header.itemBytes();
    }
    return new NpyArray(header, data);
  }

  private static void checkUnicode(String value) {
    if (value.endsWith("\0")) {
      throw endsInZero(value.length());
    }
    if (!value.codePoints().allMatch(Strings::isScalar)) {
      throw new IllegalArgumentException(
          "a string has an unpaired surrogate: " + MalformedNpzException.printable(value));
    }
  }

  private static IllegalArgumentException endsInZero(int length) {
    return new IllegalArgumentException(
        "a string of length " + length + " ends in a zero, which the format takes for padding");
  }

  private static MemorySegment allocate(NpyHeader header, int values) {
    NpyArray.checkCount(header, values);
    return ArrayReader.allocate(header.byteSize());
  }

  /** Returns strings without padding; those of {@link DType#UNICODE} as UTF-8. */
  static List<byte[]> bytes(NpyHeader header, MemorySegment data) {
    List<byte[]> values = new ArrayList<>(checkedCount(header));
    for (long i = 0; i < header.elements(); i++) {
      MemorySegment item = data.asSlice(i * header.itemBytes(), header.itemBytes());
      values.add(
          header.type() == DType.BYTES
              ? unpadded(item)
              : codePoints(item).getBytes(StandardCharsets.UTF_8));
    }
    return values;
  }

  /** Returns strings without padding; those of {@link DType#BYTES} must be UTF-8. */
  static List<String> strings(NpyHeader header, MemorySegment data) {
    List<String> values = new ArrayList<>(checkedCount(header));
    for (long i = 0; i < header.elements(); i++) {
      MemorySegment item = data.asSlice(i * header.itemBytes(), header.itemBytes());
      values.add(header.type() == DType.BYTES ? utf8(unpadded(item), i) : codePoints(item));
    }
    return values;
  }

  private static int checkedCount(NpyHeader header) {
    if (!header.type().isString()) {
      throw new IllegalStateException("elements of type " + header.type() + " are not strings");
    }
    return NpyArray.count(header);
  }

  private static String utf8(byte[] bytes, long element) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalStateException("element " + element + " is not UTF-8", e);
    }
  }

  private static byte[] unpadded(MemorySegment item) {
    long length = item.byteSize();
    while (length > 0 && item.get(ValueLayout.JAVA_BYTE, length - 1) == 0) {
      length--;
    }
    return item.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
  }

  private static String codePoints(MemorySegment item) {
    int[] codePoints = item.toArray(Layouts.INT);
    int length = codePoints.length;
    while (length > 0 && codePoints[length - 1] == 0) {
      length--;
    }
    return new String(codePoints, 0, length);
  }
}
