package dev.whittle.ir.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The extent of a tensor along each axis. A dimension may be {@link #DYNAMIC}; the rank itself may
 * be unknown ({@link #UNKNOWN}). Immutable.
 */
public final class Shape {
  /** The extent of a dimension that is only known at run time. */
  public static final int DYNAMIC = -1;

  /** A shape of which not even the rank is known. */
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
   * A shape with these extents.
   *
   * @throws IllegalArgumentException if one is under -1
   */
  public static Shape of(int... dims) {
    for (int dim : dims) {
      if (dim < DYNAMIC) {
        throw new IllegalArgumentException("negative dimension in " + Arrays.toString(dims));
      }
    }
    return dims.length == 0 ? SCALAR : new Shape(dims.clone(), true);
  }

  public boolean isRankKnown() {
    return rankKnown;
  }

  /**
   * The number of axes.
   *
   * @throws IllegalStateException if the rank is unknown
   */
  public int rank() {
    if (!rankKnown) {
      throw new IllegalStateException("the rank of this shape is unknown");
    }
    return dims.length;
  }

  /** The extent along {@code axis}, counted from 0. */
  public int dim(int axis) {
    return dims[axis];
  }

  /** Whether every extent is known. */
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
   * The number of elements of a static shape.
   *
   * @throws IllegalStateException if the shape is not static
   * @throws ArithmeticException beyond 2^63 - 1
   */
  public long elements() {
    if (!isStatic()) {
      throw new IllegalStateException("shape " + this + " is not static");
    }
    return elements(dims);
  }

  /** The product of {@code dims}; 1 for a scalar. */
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

  /** The extents as a new array. */
  public int[] toArray() {
    return dims.clone();
  }

  /** This shape with dynamic extents set to {@code dimension}. */
  public Shape withDynamicAs(int dimension) {
    return rankKnown
        ? of(Arrays.stream(dims).map(d -> d == DYNAMIC ? dimension : d).toArray())
        : SCALAR;
  }

  /** Whether a tensor of the static shape {@code other} is allowed where this one is declared. */
  public boolean accepts(Shape other) {
    if (!rankKnown) {
      return true;
    }
    if (!other.rankKnown || other.dims.length != dims.length) {
      return false;
    }
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] != DYNAMIC && dims[i] != other.dims[i]) {
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

  /** For people: {@code [1, ?, 3]}; {@code [*]} where the rank is unknown. */
  @Override
  public String toString() {
    return rankKnown
        ? Arrays.stream(dims)
            .mapToObj(d -> d == DYNAMIC ? "?" : Integer.toString(d))
            .collect(Collectors.joining(", ", "[", "]"))
        : "[*]";
  }
}
