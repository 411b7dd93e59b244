package dev.whittle.npz;

import java.util.Arrays;

/** What an array is made of, without its contents. Immutable. */
public final class NpyHeader {
  /** The highest rank, as in NumPy 2. */
  static final int MAX_RANK = 64;

  private final DType type;
  private final int itemBytes;
  private final int[] shape;

  /**
   * A description of arrays.
   *
   * @param type the type of the elements
   * @param itemBytes bytes of one element: fixed by the type, or for strings the padded length (a
   *     multiple of 4 for {@link DType#UNICODE}), at least 1
   * @param shape the extent of each axis, each at least 0; empty for a single value
   * @throws IllegalArgumentException if these do not fit together, there are more than 64 axes, or
   *     the contents would take more than 2^63 - 1 bytes (not counting axes of extent 0)
   */
  public NpyHeader(DType type, int itemBytes, int... shape) {
    this.type = type;
    this.itemBytes = itemBytes;
    this.shape = shape.clone();
    checkItemBytes(type, itemBytes);
    if (shape.length > MAX_RANK) {
      throw new IllegalArgumentException(
          "an array has at most " + MAX_RANK + " axes, not " + shape.length);
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

  /** Leaves axes of extent 0 out, so that products of some of the axes cannot overflow either. */
  private static void checkSize(int[] shape, int itemBytes) {
    long bytes = itemBytes;
    for (int dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException("negative extent in shape " + Arrays.toString(shape));
      }
      long factor = Math.max(1, dimension);
      if (bytes > Long.MAX_VALUE / factor) {
        throw new IllegalArgumentException("shape " + Arrays.toString(shape) + " is too large");
      }
      bytes *= factor;
    }
  }

  public DType type() {
    return type;
  }

  /** Bytes of one element; of strings the padded length. */
  public int itemBytes() {
    return itemBytes;
  }

  /** The extent of each axis; empty for a single value. */
  public int[] shape() {
    return shape.clone();
  }

  public int rank() {
    return shape.length;
  }

  /** The number of elements: the product of the shape, 1 for a single value. */
  public long elements() {
    return product(0);
  }

  /** Bytes that the contents take. */
  public long byteSize() {
    return elements() * itemBytes;
  }

  /**
   * The extent of the first axis.
   *
   * @throws IllegalStateException if this is a single value
   */
  public int rows() {
    if (shape.length == 0) {
      throw new IllegalStateException("a single value has no rows");
    }
    return shape[0];
  }

  /** Bytes of one row, that is of all elements with the same index along the first axis. */
  long rowBytes() {
    return product(1) * itemBytes;
  }

  /** The same with another extent of the first axis; a single value stays what it is. */
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

  /** Such as {@code FLOAT32[2, 3]}, for strings with their length: {@code BYTES(5)[2]}. */
  @Override
  public String toString() {
    String length = type.isString() ? "(" + itemBytes / type.unitBytes() + ")" : "";
    return type + length + Arrays.toString(shape);
  }
}
