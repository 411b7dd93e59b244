package dev.whittle.ir.op.common;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** Shape arithmetic that several operators share. */
public final class Shapes {
  private Shapes() {}

  /** The product of some extents. */
  public static long product(int[] dims, int from, int to) {
    long product = 1;
    for (int i = from; i < to; i++) {
      product *= dims[i];
    }
    return product;
  }

  /**
   * The shape two operands broadcast to, by NumPy's rule: aligned at the last axis, extents equal
   * or one of them 1.
   */
  public static Shape broadcast(Shape a, Shape b) {
    if (!a.isRankKnown() || !b.isRankKnown()) {
      return Shape.UNKNOWN;
    }
    int rank = Math.max(a.rank(), b.rank());
    int[] dims = new int[rank];
    for (int i = 0; i < rank; i++) {
      dims[i] = broadcastDimension(dimension(a, i, rank), dimension(b, i, rank), a, b);
    }
    return Shape.of(dims);
  }

  private static int dimension(Shape shape, int axis, int rank) {
    int own = axis - (rank - shape.rank());
    return own < 0 ? 1 : shape.dim(own);
  }

  private static int broadcastDimension(int a, int b, Shape left, Shape right) {
    if (a == b || b == 1) {
      return a;
    }
    if (a == 1) {
      return b;
    }
    if (a == Shape.DYNAMIC || b == Shape.DYNAMIC) {
      // One is static and not 1, so the other must turn out equal to it, or 1.
      return Math.max(a, b);
    }
    throw OperandException.invalid("shapes %s and %s do not broadcast", left, right);
  }

  /** An axis counted from the end if negative, as one counted from 0. */
  public static int axis(long axis, int rank) {
    long resolved = axis < 0 ? axis + rank : axis;
    if (resolved < 0 || resolved >= rank) {
      throw OperandException.invalid("axis %d of a tensor of rank %d", axis, rank);
    }
    return (int) resolved;
  }

  /** A shape of that rank with all extents dynamic. */
  public static Shape dynamic(int rank) {
    int[] dims = new int[rank];
    Arrays.fill(dims, Shape.DYNAMIC);
    return Shape.of(dims);
  }

  /** A shape whose extents are these known contents of a shape operand. */
  public static Shape ofContents(long[] dims) {
    int[] dimensions = new int[dims.length];
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] < 0 || dims[i] > Integer.MAX_VALUE) {
        throw OperandException.invalid("extent %d in shape %s", dims[i], Arrays.toString(dims));
      }
      dimensions[i] = (int) dims[i];
    }
    return Shape.of(dimensions);
  }

  /**
   * The batch of an operand that belongs to batch {@code n} of an output it broadcasts to.
   *
   * @param inner how many of the last axes are not part of the batch
   */
  public static long broadcastIndex(long n, int[] output, int[] operand, int inner) {
    long rest = n;
    long index = 0;
    long stride = 1;
    for (int i = output.length - inner - 1, k = operand.length - inner - 1; k >= 0; i--, k--) {
      long place = rest % output[i];
      rest /= output[i];
      index += operand[k] == 1 ? 0 : place * stride;
      stride *= operand[k];
    }
    return index;
  }

  /** Row-major strides in elements. */
  public static long[] strides(int[] dims) {
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= dims[i];
    }
    return strides;
  }

  /** Receives the index of an output element and of the operand's element it is taken from. */
  @FunctionalInterface
  public interface IndexVisitor {
    void visit(long output, long operand);
  }

  /** Receives the index and the coordinates of an element. */
  @FunctionalInterface
  public interface PositionVisitor {
    void visit(long index, int[] position);
  }

  /**
   * Visits all places of an output in order.
   *
   * @param steps how far the operand's index moves along each axis of the output
   * @param first the operand's index at the first place
   */
  public static void forEachIndex(int[] dims, long[] steps, long first, IndexVisitor visitor) {
    long[] index = {first};
    int[] last = new int[dims.length];
    forEachPosition(
        dims,
        (output, position) -> {
          for (int axis = 0; axis < position.length; axis++) {
            index[0] += (position[axis] - last[axis]) * steps[axis];
            last[axis] = position[axis];
          }
          visitor.visit(output, index[0]);
        });
  }

  /** Visits all places of a shape in order. */
  public static void forEachPosition(int[] dims, PositionVisitor visitor) {
    long count = Shape.elements(dims);
    int[] position = new int[dims.length];
    for (long i = 0; i < count; i++) {
      visitor.visit(i, position);
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        if (++position[axis] < dims[axis]) {
          break;
        }
        position[axis] = 0;
      }
    }
  }

  /** Whether two shapes can turn out to be the same. */
  public static boolean mayEqual(Shape a, Shape b) {
    if (!a.isRankKnown() || !b.isRankKnown()) {
      return true;
    }
    if (a.rank() != b.rank()) {
      return false;
    }
    for (int i = 0; i < a.rank(); i++) {
      boolean open = a.dim(i) == Shape.DYNAMIC || b.dim(i) == Shape.DYNAMIC;
      if (!open && a.dim(i) != b.dim(i)) {
        return false;
      }
    }
    return true;
  }

  /** {@code change} of a known extent; a dynamic one stays so. */
  public static int mapped(int dimension, IntUnaryOperator change) {
    return dimension == Shape.DYNAMIC ? dimension : change.applyAsInt(dimension);
  }
}
