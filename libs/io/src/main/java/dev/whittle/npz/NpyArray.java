package dev.whittle.npz;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * An array. Immutable; equal if headers and bytes are equal (so NaN equals NaN).
 *
 * <p>The factories that take Java arrays copy them, and throw {@link IllegalArgumentException} if
 * the number of values is not the product of the shape. An empty shape means a scalar.
 *
 * @param header element type and shape
 * @param data elements, packed, little endian, in row-major order, {@link NpyHeader#byteSize}
 *     bytes; not copied, so the memory must not change any more
 */
public record NpyArray(NpyHeader header, MemorySegment data) {
  private static final int MAX_JAVA_ARRAY = Integer.MAX_VALUE - 8;

  public NpyArray {
    if (data.byteSize() != header.byteSize()) {
      throw new IllegalArgumentException(
          header + " takes " + header.byteSize() + " bytes, found " + data.byteSize());
    }
    data = data.asReadOnly();
  }

  /** Returns an array of numbers or booleans over existing memory, which is not copied. */
  public static NpyArray of(DType type, MemorySegment data, int... shape) {
    return new NpyArray(new NpyHeader(type, type.itemBytes(), shape), data);
  }

  /** Returns an array of {@link DType#FLOAT32}. */
  public static NpyArray of(float[] values, int... shape) {
    MemorySegment data = allocate(DType.FLOAT32, shape, values.length);
    MemorySegment.copy(values, 0, data, Layouts.FLOAT, 0, values.length);
    return of(DType.FLOAT32, data, shape);
  }

  /** Returns an array of {@link DType#FLOAT64}. */
  public static NpyArray of(double[] values, int... shape) {
    MemorySegment data = allocate(DType.FLOAT64, shape, values.length);
    MemorySegment.copy(values, 0, data, Layouts.DOUBLE, 0, values.length);
    return of(DType.FLOAT64, data, shape);
  }

  /** Returns an array of {@link DType#INT64}. */
  public static NpyArray of(long[] values, int... shape) {
    MemorySegment data = allocate(DType.INT64, shape, values.length);
    MemorySegment.copy(values, 0, data, Layouts.LONG, 0, values.length);
    return of(DType.INT64, data, shape);
  }

  /** Returns an array of {@link DType#INT32}. */
  public static NpyArray of(int[] values, int... shape) {
    MemorySegment data = allocate(DType.INT32, shape, values.length);
    MemorySegment.copy(values, 0, data, Layouts.INT, 0, values.length);
    return of(DType.INT32, data, shape);
  }

  /** Returns an array of {@link DType#INT16}. */
  public static NpyArray of(short[] values, int... shape) {
    MemorySegment data = allocate(DType.INT16, shape, values.length);
    MemorySegment.copy(values, 0, data, Layouts.SHORT, 0, values.length);
    return of(DType.INT16, data, shape);
  }

  /** Returns an array of {@link DType#INT8}. */
  public static NpyArray of(byte[] values, int... shape) {
    return of(DType.INT8, MemorySegment.ofArray(values.clone()), shape);
  }

  /** Returns an array of {@link DType#BOOL}. */
  public static NpyArray of(boolean[] values, int... shape) {
    MemorySegment data = allocate(DType.BOOL, shape, values.length);
    for (int i = 0; i < values.length; i++) {
      data.set(ValueLayout.JAVA_BYTE, i, values[i] ? (byte) 1 : 0);
    }
    return of(DType.BOOL, data, shape);
  }

  /**
   * Returns an array of {@link DType#UNICODE} strings, padded to the longest.
   *
   * @throws IllegalArgumentException also if a string ends in a zero character, which the format
   *     takes for padding, or has an unpaired surrogate
   */
  public static NpyArray ofStrings(List<String> values, int... shape) {
    return Strings.ofUnicode(values, shape);
  }

  /**
   * Returns an array of {@link DType#BYTES} strings, padded to the longest.
   *
   * @throws IllegalArgumentException also if a string ends in a zero byte, which the format takes
   *     for padding
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
          header + " has " + header.elements() + " elements, found " + values + " values");
    }
  }

  /** Returns the type of the elements. */
  public DType type() {
    return header.type();
  }

  /** Returns the dimensions; empty for a scalar. */
  public int[] shape() {
    return header.shape();
  }

  /** Returns the number of elements. */
  public long elements() {
    return header.elements();
  }

  /**
   * Returns all elements in row-major order as the nearest floats; booleans are 0 and 1.
   *
   * @throws IllegalStateException if the elements are complex numbers or strings, or too many for a
   *     Java array (as in the other accessors)
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
   * Returns all elements in row-major order as the nearest doubles; booleans are 0 and 1.
   *
   * @throws IllegalStateException if the elements are complex numbers or strings
   */
  public double[] toDoubles() {
    var values = new double[count(header)];
    for (int i = 0; i < values.length; i++) {
      values[i] = Layouts.doubleAt(type(), data, i);
    }
    return values;
  }

  /**
   * Returns all elements in row-major order; booleans are 0 and 1. Values of {@link DType#UINT64}
   * from 2^63 wrap to negative numbers.
   *
   * @throws IllegalStateException if the elements are neither integers nor booleans
   */
  public long[] toLongs() {
    var values = new long[count(header)];
    for (int i = 0; i < values.length; i++) {
      values[i] = Layouts.longAt(type(), data, i);
    }
    return values;
  }

  /**
   * Returns all strings in row-major order, without padding.
   *
   * @throws IllegalStateException if the elements are not strings, or byte strings that are not
   *     UTF-8
   */
  public List<String> strings() {
    return Strings.strings(header, data);
  }

  /**
   * Returns all strings in row-major order, without padding; those of {@link DType#UNICODE} as
   * UTF-8.
   *
   * @throws IllegalStateException if the elements are not strings
   */
  public List<byte[]> byteStrings() {
    return Strings.bytes(header, data);
  }

  static int count(NpyHeader header) {
    if (header.elements() > MAX_JAVA_ARRAY) {
      throw new IllegalStateException(header + " has too many elements for a Java array");
    }
    return (int) header.elements();
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof NpyArray other
        && header.equals(other.header)
        && data.mismatch(other.data) == -1;
  }

  /** Returns the hash code of the header only: contents may be hundreds of megabytes. */
  @Override
  public int hashCode() {
    return header.hashCode();
  }

  @Override
  public String toString() {
    return header.toString();
  }
}
