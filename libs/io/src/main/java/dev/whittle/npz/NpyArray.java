package dev.whittle.npz;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * An array with contents. Immutable; equal when header and bytes are equal (so NaN equals NaN).
 *
 * <p>The factories that take Java arrays copy them and throw {@link IllegalArgumentException} if
 * the number of values is not the product of the shape. An empty shape means a single value.
 *
 * @param data the elements, packed, little endian, in row-major order; exactly as large as {@code
 *     header} says; wrapped read-only, not copied, so it must not change any more
 */
public record NpyArray(NpyHeader header, MemorySegment data) {
  private static final int MAX_JAVA_ARRAY = Integer.MAX_VALUE - 8;

  public NpyArray {
    if (data.byteSize() != header.byteSize()) {
      throw new IllegalArgumentException(
          header + " takes " + header.byteSize() + " bytes, not " + data.byteSize());
    }
    data = data.asReadOnly();
  }

  /** Numbers or booleans over existing memory, which is not copied. */
  public static NpyArray of(DType type, MemorySegment data, int... shape) {
    return new NpyArray(new NpyHeader(type, type.itemBytes(), shape), data);
  }

  public static NpyArray of(float[] values, int... shape) {
    MemorySegment data = allocate(DType.FLOAT32, shape, values.length);
    MemorySegment.copy(values, 0, data, Layouts.FLOAT, 0, values.length);
    return of(DType.FLOAT32, data, shape);
  }

  public static NpyArray of(double[] values, int... shape) {
    MemorySegment data = allocate(DType.FLOAT64, shape, values.length);
    MemorySegment.copy(values, 0, data, Layouts.DOUBLE, 0, values.length);
    return of(DType.FLOAT64, data, shape);
  }

  public static NpyArray of(long[] values, int... shape) {
    MemorySegment data = allocate(DType.INT64, shape, values.length);
    MemorySegment.copy(values, 0, data, Layouts.LONG, 0, values.length);
    return of(DType.INT64, data, shape);
  }

  public static NpyArray of(int[] values, int... shape) {
    MemorySegment data = allocate(DType.INT32, shape, values.length);
    MemorySegment.copy(values, 0, data, Layouts.INT, 0, values.length);
    return of(DType.INT32, data, shape);
  }

  public static NpyArray of(short[] values, int... shape) {
    MemorySegment data = allocate(DType.INT16, shape, values.length);
    MemorySegment.copy(values, 0, data, Layouts.SHORT, 0, values.length);
    return of(DType.INT16, data, shape);
  }

  public static NpyArray of(byte[] values, int... shape) {
    return of(DType.INT8, MemorySegment.ofArray(values.clone()), shape);
  }

  public static NpyArray of(boolean[] values, int... shape) {
    MemorySegment data = allocate(DType.BOOL, shape, values.length);
    for (int i = 0; i < values.length; i++) {
      data.set(ValueLayout.JAVA_BYTE, i, values[i] ? (byte) 1 : 0);
    }
    return of(DType.BOOL, data, shape);
  }

  /**
   * {@link DType#UNICODE} strings, padded to the longest.
   *
   * @throws IllegalArgumentException also if a string ends in a zero character, which the format
   *     cannot keep, or holds half of a surrogate pair
   */
  public static NpyArray ofStrings(List<String> values, int... shape) {
    return Strings.ofUnicode(values, shape);
  }

  /**
   * {@link DType#BYTES} strings, padded to the longest.
   *
   * @throws IllegalArgumentException also if a string ends in a zero byte, which the format cannot
   *     keep
   */
  public static NpyArray ofByteStrings(List<byte[]> values, int... shape) {
    return Strings.ofBytes(values, shape);
  }

  private static MemorySegment allocate(DType type, int[] shape, int values) {
    var header = new NpyHeader(type, type.itemBytes(), shape);
    checkCount(header, values);
    return ArrayReader.allocate(header.byteSize());
  }

  static void checkCount(NpyHeader header, int values) {
    if (header.elements() != values) {
      throw new IllegalArgumentException(
          header + " has " + header.elements() + " elements, not " + values);
    }
  }

  public DType type() {
    return header.type();
  }

  public int[] shape() {
    return header.shape();
  }

  public long elements() {
    return header.elements();
  }

  /**
   * All elements in row-major order, each as the nearest float; booleans are 0 and 1.
   *
   * @throws IllegalStateException if they are complex numbers or strings, or too many for one Java
   *     array (as for the other accessors)
   */
  public float[] toFloats() {
    if (type() == DType.FLOAT32) {
      var copy = new float[count(header)];
      MemorySegment.copy(data, Layouts.FLOAT, 0, copy, 0, copy.length);
      return copy;
    }
    var values = new float[count(header)];
    for (int i = 0; i < values.length; i++) {
      values[i] = Layouts.floatAt(type(), data, i);
    }
    return values;
  }

  /**
   * All elements in row-major order, each as the nearest double; booleans are 0 and 1.
   *
   * @throws IllegalStateException if they are complex numbers or strings
   */
  public double[] toDoubles() {
    var values = new double[count(header)];
    for (int i = 0; i < values.length; i++) {
      values[i] = Layouts.doubleAt(type(), data, i);
    }
    return values;
  }

  /**
   * All elements in row-major order; booleans are 0 and 1. Of {@link DType#UINT64} the bits, so
   * that values from 2^63 on are negative.
   *
   * @throws IllegalStateException if they are neither integers nor booleans
   */
  public long[] toLongs() {
    var values = new long[count(header)];
    for (int i = 0; i < values.length; i++) {
      values[i] = Layouts.longAt(type(), data, i);
    }
    return values;
  }

  /**
   * All strings in row-major order, without padding.
   *
   * @throws IllegalStateException if the elements are not strings, or byte strings that are not
   *     UTF-8
   */
  public List<String> strings() {
    return Strings.strings(header, data);
  }

  /**
   * All strings in row-major order, without padding, as UTF-8 if they are {@link DType#UNICODE}.
   *
   * @throws IllegalStateException if the elements are not strings
   */
  public List<byte[]> byteStrings() {
    return Strings.bytes(header, data);
  }

  static int count(NpyHeader header) {
    if (header.elements() > MAX_JAVA_ARRAY) {
      throw new IllegalStateException(header + " has too many elements for one Java array");
    }
    return (int) header.elements();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof NpyArray other
        && header.equals(other.header)
        && data.mismatch(other.data) == -1;
  }

  /** Hashes the header only: contents may be hundreds of megabytes. */
  @Override
  public int hashCode() {
    return header.hashCode();
  }

  @Override
  public String toString() {
    return header.toString();
  }
}
