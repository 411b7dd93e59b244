package dev.whittle.runtime.kernel.simd;

import java.util.Arrays;

/**
 * A matrix {@code [columns, depth]} packed to be multiplied: panels of two vectors of columns,
 * within a panel row by row of the summed dimension, and a last panel of one vector where the
 * columns leave no more. Columns beyond the last are zero. Matrices of weights are read-only, so
 * that sessions share them.
 */
public final class PackedMatrix {
  private static final int TRANSPOSED_ROWS = 32;

  /** Floats of a cache line. */
  private static final int LINE = 16;

  /** The fewest columns that a panel of one vector is made for; no vector has more. */
  private static final int NARROWEST = 16;

  private final float[] packed;
  private final float[] bias;
  private final int depth;
  private final int columns;
  private final int lanes;

  /** Rows of the summed dimension before the first, in each panel. */
  private final int firstRow;

  /** Rows of each panel, those that are not of this matrix included. */
  private final int panelRows;

  private PackedMatrix(
      float[] packed,
      float[] bias,
      int depth,
      int columns,
      int lanes,
      int firstRow,
      int panelRows) {
    this.packed = packed;
    this.bias = bias;
    this.depth = depth;
    this.columns = columns;
    this.lanes = lanes;
    this.firstRow = firstRow;
    this.panelRows = panelRows;
  }

  /**
   * Which elements of a matrix's columns are packed.
   *
   * @param taps runs of a column
   * @param stride elements of a run
   * @param first of those packed of each run
   * @param run how many are packed of each
   */
  public record Cut(int taps, int stride, int first, int run) {
    public static Cut whole(int depth) {
      return new Cut(1, depth, 0, depth);
    }
  }

  /** Weights in row-major order. */
  @FunctionalInterface
  public interface Elements {
    /** Copies {@code count} weights from the one at {@code from} on, as floats. */
    void copy(int from, float[] to, int at, int count);
  }

  /**
   * Packs weights, some columns at a time, so that there is no second copy of all of them.
   *
   * @param weights {@code [columns, taps, stride]}
   * @param bias one for each column, or none
   * @param lanes how many columns a vector holds
   */
  public static PackedMatrix of(Elements weights, int columns, Cut cut, float[] bias, int lanes) {
    int depth = cut.taps * cut.run;
    PackedMatrix matrix = room(columns, depth, lanes);
    // An odd number of cache lines apart, so that they are not all in the same places of a cache.
    int step = (Math.ceilDiv(depth, LINE) | 1) * LINE;
    float[] some = new float[Math.multiplyExact(Math.min(columns, LINE), step)];
    for (int p = 0; p < matrix.panels(); p++) {
      int first = matrix.firstColumn(p);
      int end = Math.min(first + matrix.width(p), columns);
      for (int c = first; c < end; c += LINE) {
        int count = Math.min(LINE, end - c);
        copy(weights, c, count, cut, some, step);
        int to = matrix.start(p) + c - first;
        transpose(some, 0, step, count, depth, matrix.packed, to, matrix.width(p));
      }
    }
    System.arraycopy(bias, 0, matrix.bias, 0, bias.length);
    return matrix;
  }

  private static void copy(
      Elements weights, int first, int count, Cut cut, float[] to, int columnStep) {
    for (int c = 0; c < count; c++) {
      for (int tap = 0; tap < cut.taps; tap++) {
        int from = ((first + c) * cut.taps + tap) * cut.stride + cut.first;
        weights.copy(from, to, c * columnStep + tap * cut.run, cut.run);
      }
    }
  }

  /** The same matrix, whose sums begin with another bias; one for each column. */
  public PackedMatrix withBias(float[] other) {
    float[] padded = Arrays.copyOf(other, bias.length);
    return new PackedMatrix(packed, padded, depth, columns, lanes, firstRow, panelRows);
  }

  /** Some rows of the summed dimension as a matrix of its own, on the same memory. */
  public PackedMatrix rows(int first, int count) {
    return new PackedMatrix(packed, bias, count, columns, lanes, firstRow + first, panelRows);
  }

  /** Packs weights that are in an array. */
  public static PackedMatrix of(float[] weights, int columns, Cut cut, float[] bias, int lanes) {
    return of(
        (from, to, at, count) -> System.arraycopy(weights, from, to, at, count),
        columns,
        cut,
        bias,
        lanes);
  }

  /**
   * Copies columns so that their elements of one row are adjacent, some rows at a time, whose
   * places stay in the first-level cache.
   */
  private static void transpose(
      float[] columns,
      int from,
      int columnStep,
      int count,
      int depth,
      float[] packed,
      int to,
      int width) {
    for (int first = 0; first < depth; first += TRANSPOSED_ROWS) {
      int end = Math.min(first + TRANSPOSED_ROWS, depth);
      for (int c = 0; c < count; c++) {
        int at = from + c * columnStep;
        int place = to + c;
        for (int k = first; k < end; k++) {
          packed[place + k * width] = columns[at + k];
        }
      }
    }
  }

  /** Room for a matrix that is packed anew in each run, for one session. */
  public static PackedMatrix room(int columns, int depth, int lanes) {
    // Where panels are wide, those of few columns are as wide as that takes.
    int narrow = Math.ceilDiv(columns, NARROWEST) * NARROWEST;
    int unit = Math.clamp(narrow, 1, lanes);
    int padded = Math.ceilDiv(columns, unit) * unit;
    return new PackedMatrix(
        new float[Math.multiplyExact(padded, depth)],
        new float[padded],
        depth,
        columns,
        unit,
        0,
        depth);
  }

  /**
   * Packs a panel.
   *
   * @param at element 0 of column 0
   * @param step how far apart a column's elements are
   * @param columnStep how far apart columns are
   */
  public void pack(int panel, float[] elements, int at, int step, int columnStep) {
    int width = width(panel);
    int first = firstColumn(panel);
    int count = Math.min(width, columns - first);
    int from = at + first * columnStep;
    int to = start(panel);
    if (columnStep == 1) {
      for (int k = 0; k < depth; k++) {
        System.arraycopy(elements, from + k * step, packed, to + k * width, count);
      }
      return;
    }
    if (step == 1) {
      transpose(elements, from, columnStep, count, depth, packed, to, width);
      return;
    }
    throw new IllegalArgumentException("neither rows nor columns are adjacent");
  }

  /**
   * Packs a panel of 8-bit numbers less their zero point; the bias becomes what the input's zero
   * point contributes.
   */
  public void pack(
      int panel, byte[] elements, int at, int step, int columnStep, int zeroPoint, int inputZero) {
    int width = width(panel);
    int first = firstColumn(panel);
    int count = Math.min(width, columns - first);
    for (int c = 0; c < count; c++) {
      int from = at + (first + c) * columnStep;
      int to = start(panel) + c;
      int sum = 0;
      for (int k = 0; k < depth; k++) {
        int element = elements[from + k * step] - zeroPoint;
        packed[to + k * width] = element;
        sum += element;
      }
      bias[first + c] = -inputZero * sum;
    }
  }

  public int columns() {
    return columns;
  }

  public int depth() {
    return depth;
  }

  public int panels() {
    return Math.ceilDiv(bias.length, 2 * lanes);
  }

  /** How many columns a panel has room for: those of two vectors, or of one. */
  public int width(int panel) {
    return Math.min(2 * lanes, bias.length - firstColumn(panel));
  }

  public int firstColumn(int panel) {
    return panel * 2 * lanes;
  }

  /** Where a panel starts in {@link #packed}. */
  int start(int panel) {
    return firstColumn(panel) * panelRows + firstRow * width(panel);
  }

  @SuppressWarnings("MutableArrayReturn")
  public float[] packed() {
    return packed;
  }

  /** One for each column that the panels have room for. */
  @SuppressWarnings("MutableArrayReturn")
  public float[] bias() {
    return bias;
  }
}
