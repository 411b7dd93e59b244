package dev.whittle.runtime.kernel.move;

import dev.whittle.runtime.kernel.execution.ContiguousCopy;
import dev.whittle.runtime.kernel.geometry.ArraySize;

/**
 * Nested loops that copy elements from one array to another, each with a stride in both. Loops of
 * one iteration are removed, and a loop is merged with the one inside it if together they are one
 * loop of constant strides. The innermost loops, or the two innermost of a transposition, form a
 * block; blocks are independent of each other.
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
    moveContiguousLoopInward();
  }

  private void add(int dimension, int fromStep, int toStep) {
    if (dimension == 1 && count > 0) {
      return;
    }
    boolean mergeable =
        count > 0
            && from[count - 1] == fromStep * dimension
            && to[count - 1] == toStep * dimension
            && dimension > 0;
    if (count > 0 && dimensions[count - 1] == 1) {
      count--;
    } else if (mergeable) {
      count--;
      dimension *= dimensions[count];
    }
    dimensions[count] = dimension;
    from[count] = fromStep;
    to[count] = toStep;
    count++;
  }

  /** If the innermost loop does not read adjacent elements, moves the loop that does next to it. */
  private void moveContiguousLoopInward() {
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

  /**
   * Returns whether the two innermost loops transpose: the outer one of them reads adjacent
   * elements.
   */
  private boolean transposes() {
    return count > 1 && from[count - 2] == 1 && from[count - 1] != 1;
  }

  /** Returns the number of loops of a block. */
  private int blockLoops() {
    return transposes() ? 2 : 1;
  }

  /** Returns the number of elements of a block. */
  int blockElements() {
    return dimensions[count - 1] * (transposes() ? dimensions[count - 2] : 1);
  }

  /** Returns the number of blocks. */
  int blocks() {
    int blocks = 1;
    for (int i = 0; i < count - blockLoops(); i++) {
      blocks = ArraySize.product(blocks, dimensions[i]);
    }
    return blocks;
  }

  /** Returns the number of loops around a block. */
  int outerLoops() {
    return count - blockLoops();
  }

  /**
   * Copies a range of blocks.
   *
   * @param in an array of floats or bytes
   * @param at index of the first element that all loops read
   * @param out an array of the same type
   * @param outAt index of the first element that all loops write
   * @param firstBlock the first block to copy
   * @param endBlock the block after the last one to copy
   * @param index scratch space for {@link #outerLoops} loop indices
   */
  void copy(Object in, int at, Object out, int outAt, int firstBlock, int endBlock, int[] index) {
    int read = at;
    int write = outAt;
    int rest = firstBlock;
    for (int i = outerLoops() - 1; i >= 0; i--) {
      index[i] = rest % dimensions[i];
      rest /= dimensions[i];
      read += index[i] * from[i];
      write += index[i] * to[i];
    }
    int last = outerLoops() - 1;
    boolean isContiguous = last >= 0 && copiesAdjacent();
    int block = firstBlock;
    while (block < endBlock) {
      int copied = 1;
      if (isContiguous) {
        copied = Math.min(dimensions[last] - index[last], endBlock - block);
        ContiguousCopy.copy(
            in, read, from[last], out, write, to[last], dimensions[last + 1], copied);
      } else {
        copyBlock(in, read, out, write);
      }
      block += copied;
      for (int i = last; i >= 0; i--) {
        read += copied * from[i];
        write += copied * to[i];
        index[i] += copied;
        if (index[i] < dimensions[i]) {
          break;
        }
        index[i] = 0;
        read -= dimensions[i] * from[i];
        write -= dimensions[i] * to[i];
        copied = 1;
      }
    }
  }

  /** Returns whether the innermost loop reads and writes adjacent elements. */
  private boolean copiesAdjacent() {
    return from[count - 1] == 1 && to[count - 1] == 1;
  }

  private void copyBlock(Object in, int at, Object out, int outAt) {
    int inner = count - 1;
    if (transposes()) {
      transpose(in, at, out, outAt);
    } else if (copiesAdjacent()) {
      ContiguousCopy.adjacent(in, at, out, outAt, dimensions[inner]);
    } else {
      copyStrided(in, at, from[inner], out, outAt, to[inner], dimensions[inner]);
    }
  }

  private static void copyStrided(
      Object in, int at, int step, Object out, int outAt, int outStep, int count) {
    if (in instanceof float[] floats && out instanceof float[] results) {
      for (int i = 0; i < count; i++) {
        results[outAt + i * outStep] = floats[at + i * step];
      }
    } else if (in instanceof byte[] bytes && out instanceof byte[] results) {
      for (int i = 0; i < count; i++) {
        results[outAt + i * outStep] = bytes[at + i * step];
      }
    } else {
      throw new IllegalArgumentException("arrays of different types");
    }
  }

  /** Copies a block of two loops tile by tile. */
  private void transpose(Object in, int at, Object out, int outAt) {
    int rows = dimensions[count - 2];
    int columns = dimensions[count - 1];
    int rowStep = to[count - 2];
    int readStep = from[count - 1];
    int writeStep = to[count - 1];
    for (int row = 0; row < rows; row += TILE) {
      int endRow = Math.min(row + TILE, rows);
      for (int column = 0; column < columns; column += TILE) {
        int length = Math.min(TILE, columns - column);
        for (int r = row; r < endRow; r++) {
          int read = at + r + column * readStep;
          int write = outAt + r * rowStep + column * writeStep;
          copyStrided(in, read, readStep, out, write, writeStep, length);
        }
      }
    }
  }
}
