package dev.whittle.ir.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The shape of a tensor: the size of each dimension, from the outermost to the innermost. A size
 * may be {@link #DYNAMIC}, which means known at run time only, and even the rank may be unknown
 * ({@link #UNKNOWN}). A shape is <i>static</i> if its rank and all sizes are known. Instances are
 * immutable.
 */
public final class Shape {
  /** The size of a dimension that is known at run time only. */
  public static final int DYNAMIC = -1;

  /** The shape of unknown rank. */
  public static final Shape UNKNOWN = new Shape(new int[0], false);

  /** The shape of a scalar: rank 0, one element. */
  public static final Shape SCALAR = new Shape(new int[0], true);

  private final int[] dims;
  private final boolean rankKnown;

  private Shape(int[] dims, boolean rankKnown) {
    this.dims = dims;
    this.rankKnown = rankKnown;
  }

  /**
   * Returns a shape.
   *
   * @param dims the size of each dimension, at least 0, or {@link #DYNAMIC}; none for a scalar
   * @throws IllegalArgumentException if a size is less than -1
   */
  public static Shape of(int... dims) {
    for (int dim : dims) {
      if (dim < DYNAMIC) {
        throw new IllegalArgumentException("negative dimension in shape " + Arrays.toString(dims));
      }
    }
    return dims.length == 0 ? SCALAR : new Shape(dims.clone(), true);
  }

  /** Returns whether the number of dimensions is known. */
  public boolean isRankKnown() {
    return rankKnown;
  }

  /**
   * Returns the number of dimensions; 0 for a scalar.
   *
   * @throws IllegalStateException if the rank is unknown
   */
  public int rank() {
    if (!rankKnown) {
      throw new IllegalStateException("the rank of this shape is unknown");
    }
    return dims.length;
  }

  /** Returns the size of dimension {@code axis}, counted from 0; it may be {@link #DYNAMIC}. */
  public int dim(int axis) {
    return dims[axis];
  }

  /** Returns whether the rank and all sizes are known. */
  public boolean isStatic() {
    if (!rankKnown) {
      return false;
    }
    for (int dim : dims) {
      if (dim == DYNAMIC) {
        return false;
      }
    }
    return true;
  }

  /**
   * Returns the number of elements of a static shape; 1 for a scalar.
   *
   * @throws IllegalStateException if the shape is not static
   * @throws ArithmeticException if the number is greater than 2^63 - 1
   */
  public long elements() {
    if (!isStatic()) {
      throw new IllegalStateException("shape " + this + " is not static");
    }
    return elements(dims);
  }

  /**
   * Returns the number of elements of a tensor with these dimensions; 1 for a scalar.
   *
   * @param dims the sizes, at least 0
   * @throws ArithmeticException if the number is greater than 2^63 - 1
   */
  public static long elements(int... dims) {
    long product = 1;
    boolean overflow = false;
    for (int dim : dims) {
      if (dim == 0) {
        return 0;
      }
      overflow |= Math.multiplyHigh(product, dim) != 0 || product * dim < 0;
      product *= dim;
    }
    if (overflow) {
      throw new ArithmeticException("too many elements: " + Arrays.toString(dims));
    }
    return product;
  }

  /** Returns the sizes as a new array. */
  public int[] toArray() {
    return dims.clone();
  }

  /**
   * Returns this shape with {@code dimension} for each dynamic size; {@link #SCALAR} if the rank is
   * unknown.
   */
  public Shape withDynamicAs(int dimension) {
    return rankKnown
        ? of(Arrays.stream(dims).map(d -> d == DYNAMIC ? dimension : d).toArray())
        : SCALAR;
  }

  /** Returns whether a tensor of shape {@code other} is allowed where this shape is declared. */
  public boolean accepts(Shape other) {
    return !rankKnown || (other.rankKnown && accepts(other.dims));
  }

  /** Returns whether a tensor of these sizes is allowed where this shape is declared. */
  public boolean accepts(int[] sizes) {
    if (!rankKnown) {
      return true;
    }
    if (sizes.length != dims.length) {
      return false;
    }
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] != DYNAMIC && dims[i] != sizes[i]) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Shape other
        && rankKnown == other.rankKnown
        && Arrays.equals(dims, other.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims) * 2 + (rankKnown ? 1 : 0);
  }

  /** Returns this shape for people, such as {@code [1, ?, 3]}; {@code [*]} for unknown rank. */
  @Override
  public String toString() {
    return rankKnown
        ? Arrays.stream(dims)
            .mapToObj(d -> d == DYNAMIC ? "?" : Integer.toString(d))
            .collect(Collectors.joining(", ", "[", "]"))
        : "[*]";
  }
}
