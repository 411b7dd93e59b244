package dev.whittle.npz;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Access to elements in memory: little endian, packed, unaligned. */
final class Layouts {
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Layouts() {}

  /**
   * Converts big endian to little endian in place.
   *
   * @param unitBytes 2, 4 or 8
   */
  static void reverseUnits(MemorySegment data, int unitBytes) {
    long size = data.byteSize();
    for (long at = 0; at < size; at += unitBytes) {
      switch (unitBytes) {
        case 2 -> data.set(SHORT, at, Short.reverseBytes(data.get(SHORT, at)));
        case 4 -> data.set(INT, at, Integer.reverseBytes(data.get(INT, at)));
        default -> data.set(LONG, at, Long.reverseBytes(data.get(LONG, at)));
      }
    }
  }

  /**
   * Returns element {@code i} as the nearest float; booleans are 0 and 1.
   *
   * @throws IllegalStateException if the elements are complex numbers or strings
   */
  static float floatAt(DType type, MemorySegment data, long i) {
    return switch (type) {
      case FLOAT64 -> (float) data.get(DOUBLE, 8 * i);
      case FLOAT16, BFLOAT16, FLOAT32 -> (float) doubleAt(type, data, i);
      case UINT64 -> {
        long value = data.get(LONG, 8 * i);
        yield value >= 0 ? (float) value : 2f * (float) halved(value);
      }
      case BOOL, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32 -> (float) longAt(type, data, i);
      case COMPLEX64, COMPLEX128, BYTES, UNICODE -> throw notA("real number", type);
    };
  }

  /**
   * Returns element {@code i} as the nearest double; booleans are 0 and 1.
   *
   * @throws IllegalStateException if the elements are complex numbers or strings
   */
  static double doubleAt(DType type, MemorySegment data, long i) {
    return switch (type) {
      case FLOAT16 -> Float.float16ToFloat(data.get(SHORT, 2 * i));
      case BFLOAT16 -> Float.intBitsToFloat(data.get(SHORT, 2 * i) << 16);
      case FLOAT32 -> data.get(FLOAT, 4 * i);
      case FLOAT64 -> data.get(DOUBLE, 8 * i);
      case UINT64 -> {
        long value = data.get(LONG, 8 * i);
        yield value >= 0 ? (double) value : 2.0 * (double) halved(value);
      }
      case BOOL, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32 -> (double) longAt(type, data, i);
      case COMPLEX64, COMPLEX128, BYTES, UNICODE -> throw notA("real number", type);
    };
  }

  /**
   * Returns element {@code i} as a long; booleans are 0 and 1. Values of {@link DType#UINT64} from
   * 2^63 wrap to negative numbers.
   *
   * @throws IllegalStateException if the elements are not integers or booleans
   */
  static long longAt(DType type, MemorySegment data, long i) {
    return switch (type) {
      case BOOL, INT8 -> data.get(ValueLayout.JAVA_BYTE, i);
      case UINT8 -> data.get(ValueLayout.JAVA_BYTE, i) & 0xff;
      case INT16 -> data.get(SHORT, 2 * i);
      case UINT16 -> data.get(SHORT, 2 * i) & 0xffff;
      case INT32 -> data.get(INT, 4 * i);
      case UINT32 -> data.get(INT, 4 * i) & 0xffffffffL;
      case INT64, UINT64 -> data.get(LONG, 8 * i);
      case FLOAT16, BFLOAT16, FLOAT32, FLOAT64, COMPLEX64, COMPLEX128, BYTES, UNICODE ->
          throw notA("integer", type);
    };
  }

  /** Returns half of an unsigned number; the lowest bit is sticky, so that rounding is correct. */
  private static long halved(long unsigned) {
    return (unsigned >>> 1) | (unsigned & 1);
  }

  private static IllegalStateException notA(String expected, DType type) {
    return new IllegalStateException("elements of type " + type + " are not " + expected + "s");
  }
}
