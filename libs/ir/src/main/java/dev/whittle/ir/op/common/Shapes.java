package dev.whittle.ir.op.common;

import dev.whittle.ir.tensor.OperandException;
import dev.whittle.ir.tensor.Shape;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** Shape arithmetic and iteration that several operators share. */
public final class Shapes {
  private Shapes() {}

  /** Returns the product of the dimensions from {@code from} to before {@code to}. */
  public static long product(int[] dims, int from, int to) {
    long product = 1;
    for (int i = from; i < to; i++) {
      product *= dims[i];
    }
    return product;
  }

  /**
   * Returns the shape that two operands broadcast to by NumPy's rule: they are aligned at the last
   * axis, and dimensions are equal or one of them is 1.
   *
   * @throws OperandException if they do not broadcast
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
      // One is static and not 1, so the other is equal to it or 1 at run time.
      return Math.max(a, b);
    }
    throw OperandException.invalid("shapes %s and %s do not broadcast", left, right);
  }

  /**
   * Returns an axis counted from 0.
   *
   * @param axis an axis counted from 0, or from the end if negative
   * @param rank the number of axes
   * @throws OperandException if there is no such axis
   */
  public static int axis(long axis, int rank) {
    long resolved = axis < 0 ? axis + rank : axis;
    if (resolved < 0 || resolved >= rank) {
      throw OperandException.invalid(
          "axis %d of a tensor of rank %d; expected %d to %d", axis, rank, -rank, rank - 1);
    }
    return (int) resolved;
  }

  /** Returns a shape whose dimensions are all dynamic. */
  public static Shape dynamic(int rank) {
    int[] dims = new int[rank];
    Arrays.fill(dims, Shape.DYNAMIC);
    return Shape.of(dims);
  }

  /**
   * Returns the shape that a shape operand contains.
   *
   * @throws OperandException if a dimension is negative or does not fit into 32 bits
   */
  public static Shape ofContents(long[] dims) {
    int[] dimensions = new int[dims.length];
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] < 0 || dims[i] > Integer.MAX_VALUE) {
        throw OperandException.invalid(
            "dimension %d in shape %s; expected 0 to 2^31 - 1", dims[i], Arrays.toString(dims));
      }
      dimensions[i] = (int) dims[i];
    }
    return Shape.of(dimensions);
  }

  /**
   * Returns the index of the batch of an operand that is broadcast to a batch of the output.
   *
   * @param n the index of the output's batch
   * @param output the output's dimensions
   * @param operand the operand's dimensions
   * @param inner the number of last axes that are not batch axes
   */
  public static long broadcastIndex(long n, int[] output, int[] operand, int inner) {
    long rest = n;
    long index = 0;
    long stride = 1;
    for (int i = output.length - inner - 1, k = operand.length - inner - 1; k >= 0; i--, k--) {
      long position = rest % output[i];
      rest /= output[i];
      index += operand[k] == 1 ? 0 : position * stride;
      stride *= operand[k];
    }
    return index;
  }

  /** Returns row-major strides in elements. */
  public static long[] strides(int[] dims) {
    long[] strides = new long[dims.length];
    long stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= dims[i];
    }
    return strides;
  }

  /** Receives the index of an output element and of the operand's element that it is a copy of. */
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
   * Visits all elements of an output in row-major order.
   *
   * @param dims the output's dimensions
   * @param strides the operand's stride along each axis of the output
   * @param offset the index of the operand's element for the first output element
   */
  public static void forEachIndex(int[] dims, long[] strides, long offset, IndexVisitor visitor) {
    long[] index = {offset};
    int[] last = new int[dims.length];
    forEachPosition(
        dims,
        (output, position) -> {
          for (int axis = 0; axis < position.length; axis++) {
            index[0] += (position[axis] - last[axis]) * strides[axis];
            last[axis] = position[axis];
          }
          visitor.visit(output, index[0]);
        });
  }

  /** Visits all elements of a shape in row-major order. The array of coordinates is reused. */
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

  /** Returns whether two shapes can be equal at run time. */
  public static boolean mayEqual(Shape a, Shape b) {
    if (!a.isRankKnown() || !b.isRankKnown()) {
      return true;
    }
    if (a.rank() != b.rank()) {
      return false;
    }
    for (int i = 0; i < a.rank(); i++) {
      boolean dynamic = a.dim(i) == Shape.DYNAMIC || b.dim(i) == Shape.DYNAMIC;
      if (!dynamic && a.dim(i) != b.dim(i)) {
        return false;
      }
    }
    return true;
  }

  /** Returns {@code change} of a dimension; a dynamic one remains dynamic. */
  public static int mapped(int dimension, IntUnaryOperator change) {
    return dimension == Shape.DYNAMIC ? dimension : change.applyAsInt(dimension);
  }
}
