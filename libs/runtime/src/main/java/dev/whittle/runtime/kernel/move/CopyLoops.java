package dev.whittle.runtime.kernel.move;

import dev.whittle.runtime.kernel.execution.ContiguousCopy;

/**
 * Nested loops that copy elements from one array to another, each with a step in both. Loops of one
 * turn are left out, and loops joined that go on where the one within them ends.
 */
final class CopyLoops {
  /** Elements of a square part of two crossing loops: a few cache lines of either array. */
  private static final int TILE = 16;

  private int count;
  private final int[] extents;
  private final int[] from;
  private final int[] to;

  /**
   * Loops.
   *
   * @param extents turns of each loop, the outermost first
   * @param from how far each turn moves on where elements are read
   * @param to the same where they are written
   */
  CopyLoops(int[] extents, long[] from, long[] to) {
    this.extents = new int[extents.length + 1];
    this.from = new int[extents.length + 1];
    this.to = new int[extents.length + 1];
    for (int i = 0; i < extents.length; i++) {
      add(extents[i], Math.toIntExact(from[i]), Math.toIntExact(to[i]));
    }
    if (count == 0) {
      add(1, 1, 1);
    }
    crossInner();
  }

  private void add(int extent, int fromStep, int toStep) {
    if (extent == 1 && count > 0) {
      return;
    }
    boolean goesOn =
        count > 0
            && from[count - 1] == fromStep * extent
            && to[count - 1] == toStep * extent
            && extent > 0;
    if (count > 0 && extents[count - 1] == 1) {
      count--;
    } else if (goesOn) {
      count--;
      extent *= extents[count];
    }
    extents[count] = extent;
    from[count] = fromStep;
    to[count] = toStep;
    count++;
  }

  /** Where the innermost loop does not read adjacent elements, makes the one that does its next. */
  private void crossInner() {
    int inner = count - 1;
    if (from[inner] == 1 || from[inner] == 0) {
      return;
    }
    for (int i = 0; i < inner - 1; i++) {
      if (from[i] == 1) {
        int extent = extents[i];
        int step = to[i];
        for (int j = i; j < inner - 1; j++) {
          extents[j] = extents[j + 1];
          from[j] = from[j + 1];
          to[j] = to[j + 1];
        }
        extents[inner - 1] = extent;
        from[inner - 1] = 1;
        to[inner - 1] = step;
        return;
      }
    }
  }

  /** Whether the two innermost loops cross: each moves by one element in one of the arrays. */
  private boolean crosses() {
    return count > 1 && from[count - 2] == 1 && from[count - 1] != 1;
  }

  /** How many loops are within a piece. */
  private int within() {
    return crosses() ? 2 : 1;
  }

  /** Elements of a piece: what the innermost loops copy. */
  int pieceElements() {
    return extents[count - 1] * (crosses() ? extents[count - 2] : 1);
  }

  /** How many pieces there are, which do not depend on each other. */
  int pieces() {
    int pieces = 1;
    for (int i = 0; i < count - within(); i++) {
      pieces = Math.multiplyExact(pieces, extents[i]);
    }
    return pieces;
  }

  /** How many loops there are around a piece. */
  int around() {
    return count - within();
  }

  /**
   * Copies some pieces.
   *
   * @param in an array of floats or bytes
   * @param out an array of the same type
   * @param turn room for {@link #around} numbers
   */
  void copy(Object in, int at, Object out, int place, int firstPiece, int endPiece, int[] turn) {
    int read = at;
    int write = place;
    int rest = firstPiece;
    for (int i = around() - 1; i >= 0; i--) {
      turn[i] = rest % extents[i];
      rest /= extents[i];
      read += turn[i] * from[i];
      write += turn[i] * to[i];
    }
    int last = around() - 1;
    boolean inRuns = last >= 0 && isAdjacent();
    int piece = firstPiece;
    while (piece < endPiece) {
      int pieces = 1;
      if (inRuns) {
        pieces = Math.min(extents[last] - turn[last], endPiece - piece);
        ContiguousCopy.copy(in, read, from[last], out, write, to[last], extents[last + 1], pieces);
      } else {
        copyPiece(in, read, out, write);
      }
      piece += pieces;
      for (int i = last; i >= 0; i--) {
        read += pieces * from[i];
        write += pieces * to[i];
        turn[i] += pieces;
        if (turn[i] < extents[i]) {
          break;
        }
        turn[i] = 0;
        read -= extents[i] * from[i];
        write -= extents[i] * to[i];
        pieces = 1;
      }
    }
  }

  /** Whether the innermost loop copies adjacent elements. */
  private boolean isAdjacent() {
    return from[count - 1] == 1 && to[count - 1] == 1;
  }

  private void copyPiece(Object in, int at, Object out, int place) {
    int inner = count - 1;
    if (crosses()) {
      cross(in, at, out, place);
    } else if (isAdjacent()) {
      ContiguousCopy.adjacent(in, at, out, place, extents[inner]);
    } else {
      line(in, at, from[inner], out, place, to[inner], extents[inner]);
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
    int rows = extents[count - 2];
    int columns = extents[count - 1];
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
