package dev.whittle.npz;

import java.util.Arrays;

/** The element type and shape of an array. Immutable. */
public final class NpyHeader {
  /** The maximum rank, as in NumPy 2. */
  static final int MAX_RANK = 64;

  private final DType type;
  private final int itemBytes;
  private final int[] shape;

  /**
   * Creates a header.
   *
   * @param type of the elements
   * @param itemBytes size of an element in bytes: fixed by the type, or for strings the padded
   *     length, at least 1 and a multiple of 4 for {@link DType#UNICODE}
   * @param shape dimensions, each at least 0; empty for a scalar
   * @throws IllegalArgumentException if type and size contradict each other, there are more than 64
   *     dimensions, or the contents would take more than 2^63 - 1 bytes (ignoring dimensions of 0)
   */
  public NpyHeader(DType type, int itemBytes, int... shape) {
    this.type = type;
    this.itemBytes = itemBytes;
    this.shape = shape.clone();
    checkItemBytes(type, itemBytes);
    if (shape.length > MAX_RANK) {
      throw new IllegalArgumentException(
          "the shape has " + shape.length + " dimensions; expected at most " + MAX_RANK);
    }
    checkSize(this.shape, itemBytes);
  }

  private static void checkItemBytes(DType type, int itemBytes) {
    boolean fits =
        type.isString()
            ? itemBytes > 0 && itemBytes % type.unitBytes() == 0
            : itemBytes == type.itemBytes();
    if (!fits) {
      throw new IllegalArgumentException(
          "elements of type " + type + " cannot have " + itemBytes + " bytes");
    }
  }

  /** Ignores dimensions of 0, so that products of some dimensions cannot overflow either. */
  private static void checkSize(int[] shape, int itemBytes) {
    long bytes = itemBytes;
    for (int dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException("negative dimension in shape " + Arrays.toString(shape));
      }
      long factor = Math.max(1, dimension);
      if (bytes > Long.MAX_VALUE / factor) {
        throw new IllegalArgumentException("shape " + Arrays.toString(shape) + " is too large");
      }
      bytes *= factor;
    }
  }

  /** Returns the type of the elements. */
  public DType type() {
    return type;
  }

  /** Returns the size of an element in bytes; for strings, the padded length. */
  public int itemBytes() {
    return itemBytes;
  }

  /** Returns the dimensions; empty for a scalar. */
  public int[] shape() {
    return shape.clone();
  }

  /** Returns the number of dimensions. */
  public int rank() {
    return shape.length;
  }

  /** Returns the number of elements: the product of the dimensions, 1 for a scalar. */
  public long elements() {
    return product(0);
  }

  /** Returns the size of the contents in bytes. */
  public long byteSize() {
    return elements() * itemBytes;
  }

  /**
   * Returns the first dimension.
   *
   * @throws IllegalStateException if the array is a scalar
   */
  public int rows() {
    if (shape.length == 0) {
      throw new IllegalStateException("a scalar has no rows");
    }
    return shape[0];
  }

  /** Returns the bytes of a row: all elements with the same index along the first axis. */
  long rowBytes() {
    return product(1) * itemBytes;
  }

  /** Returns this header with another first dimension; a scalar stays unchanged. */
  NpyHeader withRows(int rows) {
    if (shape.length == 0) {
      return this;
    }
    int[] changed = shape.clone();
    changed[0] = rows;
    return new NpyHeader(type, itemBytes, changed);
  }

  private long product(int firstAxis) {
    long product = 1;
    for (int axis = firstAxis; axis < shape.length; axis++) {
      product *= shape[axis];
    }
    return product;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof NpyHeader other
        && type == other.type
        && itemBytes == other.itemBytes
        && Arrays.equals(shape, other.shape);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * type.hashCode() + itemBytes) + Arrays.hashCode(shape);
  }

  /** Returns {@code FLOAT32[2, 3]}, or for strings, with their length, {@code BYTES(5)[2]}. */
  @Override
  public String toString() {
    String length = type.isString() ? "(" + itemBytes / type.unitBytes() + ")" : "";
    return type + length + Arrays.toString(shape);
  }
}
