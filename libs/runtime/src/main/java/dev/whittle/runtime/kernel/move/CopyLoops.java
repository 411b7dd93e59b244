package dev.whittle.runtime.kernel.move;

import dev.whittle.runtime.kernel.execution.ContiguousCopy;
import dev.whittle.runtime.kernel.geometry.ArraySize;

/**
 * Nested loops that copy elements from one array to another, each with a stride in both. Loops of
 * one iteration are removed, and a loop is merged with the one inside it where both together are
 * one loop of constant strides.
 */
final class CopyLoops {
  /** Rows and columns of a tile of a transposition: a few cache lines of either array. */
  private static final int TILE = 16;

  private int count;
  private final int[] dimensions;
  private final int[] from;
  private final int[] to;

  /**
   * Creates loops.
   *
   * @param dimensions number of iterations of each loop, the outermost first
   * @param from stride of each loop in the array that is read
   * @param to stride of each loop in the array that is written
   */
  CopyLoops(int[] dimensions, long[] from, long[] to) {
    this.dimensions = new int[dimensions.length + 1];
    this.from = new int[dimensions.length + 1];
    this.to = new int[dimensions.length + 1];
    for (int i = 0; i < dimensions.length; i++) {
      add(dimensions[i], ArraySize.of(from[i]), ArraySize.of(to[i]));
    }
    if (count == 0) {
      add(1, 1, 1);
    }
    crossInner();
  }

  private void add(int dimension, int fromStep, int toStep) {
    if (dimension == 1 && count > 0) {
      return;
    }
    boolean goesOn =
        count > 0
            && from[count - 1] == fromStep * dimension
            && to[count - 1] == toStep * dimension
            && dimension > 0;
    if (count > 0 && dimensions[count - 1] == 1) {
      count--;
    } else if (goesOn) {
      count--;
      dimension *= dimensions[count];
    }
    dimensions[count] = dimension;
    from[count] = fromStep;
    to[count] = toStep;
    count++;
  }

  /** If the innermost loop does not read adjacent elements, moves the loop that does next to it. */
  private void crossInner() {
    int inner = count - 1;
    if (from[inner] == 1 || from[inner] == 0) {
      return;
    }
    for (int i = 0; i < inner - 1; i++) {
      if (from[i] == 1) {
        int dimension = dimensions[i];
        int step = to[i];
        for (int j = i; j < inner - 1; j++) {
          dimensions[j] = dimensions[j + 1];
          from[j] = from[j + 1];
          to[j] = to[j + 1];
        }
        dimensions[inner - 1] = dimension;
        from[inner - 1] = 1;
        to[inner - 1] = step;
        return;
      }
    }
  }

  /** Returns whether the two innermost loops transpose: each is contiguous in one array only. */
  private boolean crosses() {
    return count > 1 && from[count - 2] == 1 && from[count - 1] != 1;
  }

  /** Returns the number of loops of a block. */
  private int within() {
    return crosses() ? 2 : 1;
  }

  /** Returns the number of elements of a block, which the innermost loops copy. */
  int subConvolutionElements() {
    return dimensions[count - 1] * (crosses() ? dimensions[count - 2] : 1);
  }

  /** Returns the number of blocks, which are independent of each other. */
  int subConvolutions() {
    int subConvolutions = 1;
    for (int i = 0; i < count - within(); i++) {
      subConvolutions = ArraySize.product(subConvolutions, dimensions[i]);
    }
    return subConvolutions;
  }

  /** Returns the number of loops around a block. */
  int around() {
    return count - within();
  }

  /**
   * Copies a range of blocks.
   *
   * @param in an array of floats or bytes
   * @param out an array of the same type
   * @param turn room for {@link #around} numbers
   */
  void copy(
      Object in,
      int at,
      Object out,
      int place,
      int firstSubConvolution,
      int endSubConvolution,
      int[] turn) {
    int read = at;
    int write = place;
    int rest = firstSubConvolution;
    for (int i = around() - 1; i >= 0; i--) {
      turn[i] = rest % dimensions[i];
      rest /= dimensions[i];
      read += turn[i] * from[i];
      write += turn[i] * to[i];
    }
    int last = around() - 1;
    boolean inRuns = last >= 0 && isAdjacent();
    int subConvolution = firstSubConvolution;
    while (subConvolution < endSubConvolution) {
      int subConvolutions = 1;
      if (inRuns) {
        subConvolutions =
            Math.min(dimensions[last] - turn[last], endSubConvolution - subConvolution);
        ContiguousCopy.copy(
            in, read, from[last], out, write, to[last], dimensions[last + 1], subConvolutions);
      } else {
        copySubConvolution(in, read, out, write);
      }
      subConvolution += subConvolutions;
      for (int i = last; i >= 0; i--) {
        read += subConvolutions * from[i];
        write += subConvolutions * to[i];
        turn[i] += subConvolutions;
        if (turn[i] < dimensions[i]) {
          break;
        }
        turn[i] = 0;
        read -= dimensions[i] * from[i];
        write -= dimensions[i] * to[i];
        subConvolutions = 1;
      }
    }
  }

  /** Returns whether the innermost loop reads and writes adjacent elements. */
  private boolean isAdjacent() {
    return from[count - 1] == 1 && to[count - 1] == 1;
  }

  private void copySubConvolution(Object in, int at, Object out, int place) {
    int inner = count - 1;
    if (crosses()) {
      cross(in, at, out, place);
    } else if (isAdjacent()) {
      ContiguousCopy.adjacent(in, at, out, place, dimensions[inner]);
    } else {
      line(in, at, from[inner], out, place, to[inner], dimensions[inner]);
    }
  }

  private static void line(
      Object in, int at, int step, Object out, int place, int placeStep, int turns) {
    if (in instanceof float[] floats && out instanceof float[] results) {
      for (int i = 0; i < turns; i++) {
        results[place + i * placeStep] = floats[at + i * step];
      }
    } else if (in instanceof byte[] bytes && out instanceof byte[] results) {
      for (int i = 0; i < turns; i++) {
        results[place + i * placeStep] = bytes[at + i * step];
      }
    } else {
      throw new IllegalArgumentException("arrays of different types");
    }
  }

  private void cross(Object in, int at, Object out, int place) {
    int rows = dimensions[count - 2];
    int columns = dimensions[count - 1];
    int rowStep = to[count - 2];
    int readStep = from[count - 1];
    int writeStep = to[count - 1];
    for (int row = 0; row < rows; row += TILE) {
      int endRow = Math.min(row + TILE, rows);
      for (int column = 0; column < columns; column += TILE) {
        int turns = Math.min(TILE, columns - column);
        for (int r = row; r < endRow; r++) {
          int read = at + r + column * readStep;
          int write = place + r * rowStep + column * writeStep;
          line(in, read, readStep, out, write, writeStep, turns);
        }
      }
    }
  }
}
