package dev.whittle.ir.op;

import dev.whittle.ir.OperandException;
import dev.whittle.ir.Shape;
import java.util.Arrays;

/** Shape arithmetic that several operators share. */
final class Shapes {
  private Shapes() {}

  /**
   * The shape two operands broadcast to, by NumPy's rule: aligned at the last axis, extents equal
   * or one of them 1.
   */
  static Shape broadcast(Shape a, Shape b) {
    if (!a.isRankKnown() || !b.isRankKnown()) {
      return Shape.UNKNOWN;
    }
    int rank = Math.max(a.rank(), b.rank());
    int[] dims = new int[rank];
    for (int i = 0; i < rank; i++) {
      dims[i] = broadcastExtent(extent(a, i, rank), extent(b, i, rank), a, b);
    }
    return Shape.of(dims);
  }

  private static int extent(Shape shape, int axis, int rank) {
    int own = axis - (rank - shape.rank());
    return own < 0 ? 1 : shape.dim(own);
  }

  private static int broadcastExtent(int a, int b, Shape left, Shape right) {
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
  static int axis(long axis, int rank) {
    long resolved = axis < 0 ? axis + rank : axis;
    if (resolved < 0 || resolved >= rank) {
      throw OperandException.invalid("axis %d of a tensor of rank %d", axis, rank);
    }
    return (int) resolved;
  }

  /** A shape of that rank with all extents dynamic. */
  static Shape dynamic(int rank) {
    int[] dims = new int[rank];
    Arrays.fill(dims, Shape.DYNAMIC);
    return Shape.of(dims);
  }

  /** A shape whose extents are these known contents of a shape operand. */
  static Shape ofContents(long[] dims) {
    int[] extents = new int[dims.length];
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] < 0 || dims[i] > Integer.MAX_VALUE) {
        throw OperandException.invalid("extent %d in shape %s", dims[i], Arrays.toString(dims));
      }
      extents[i] = (int) dims[i];
    }
    return Shape.of(extents);
  }
}
