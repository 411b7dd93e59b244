package dev.whittle.runtime.kernel.simd;

import dev.whittle.runtime.kernel.geometry.ArraySize;
import java.util.Arrays;

/**
 * The right operand of a GEMM, a matrix {@code [columns, depth]}, packed in panels as in Goto and
 * van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008. A panel has two vectors
 * of columns, row by row of the summed dimension; the last panel has one vector if that suffices.
 * Columns are padded with zeros. Matrices of constant weights are not changed once they are packed,
 * so that sessions share them.
 */
public final class PackedMatrix {
  /** Rows that are transposed together, so that their cache lines stay in the first-level cache. */
  private static final int TRANSPOSED_ROWS = 32;

  /** Floats in a cache line. */
  private static final int CACHE_LINE = 16;

  /** Columns of the narrowest panel if vectors are wide. */
  private static final int MIN_COLUMNS = 16;

  private final float[] packed;
  private final float[] bias;
  private final int depth;
  private final int columns;
  private final int lanes;

  /** Rows in each panel before the first of this matrix. */
  private final int firstRow;

  /** Rows of each panel, including those that do not belong to this matrix. */
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
   * The elements of a matrix's columns that are packed.
   *
   * @param taps runs of adjacent elements in a column
   * @param stride elements of a run
   * @param first the first packed element of each run
   * @param run the number of packed elements of each run
   */
  public record Cut(int taps, int stride, int first, int run) {
    /** Returns all elements of columns of {@code depth} elements. */
    public static Cut whole(int depth) {
      return new Cut(1, depth, 0, depth);
    }
  }

  /** A source of weights in row-major order. */
  @FunctionalInterface
  public interface Elements {
    /** Copies {@code count} weights from index {@code from} on, as floats. */
    void copy(int from, float[] to, int at, int count);
  }

  /**
   * Packs weights, some columns at a time, without a second copy of all of them.
   *
   * @param weights {@code [columns, taps, stride]}
   * @param bias one element for each column, or none
   * @param lanes the number of columns in a vector
   */
  public static PackedMatrix of(Elements weights, int columns, Cut cut, float[] bias, int lanes) {
    int depth = cut.taps * cut.run;
    PackedMatrix matrix = allocate(columns, depth, lanes);
    // An odd number of cache lines, so that columns do not all map to the same cache sets.
    int columnStep = (Math.ceilDiv(depth, CACHE_LINE) | 1) * CACHE_LINE;
    float[] buffer = new float[ArraySize.product(Math.min(columns, CACHE_LINE), columnStep)];
    for (int p = 0; p < matrix.panels(); p++) {
      int first = matrix.firstColumn(p);
      int end = Math.min(first + matrix.width(p), columns);
      for (int c = first; c < end; c += CACHE_LINE) {
        int count = Math.min(CACHE_LINE, end - c);
        copy(weights, c, count, cut, buffer, columnStep);
        int to = matrix.panelOffset(p) + c - first;
        transpose(buffer, 0, columnStep, count, depth, matrix.packed, to, matrix.width(p));
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

  /** Returns this matrix with another bias, one element for each column. */
  public PackedMatrix withBias(float[] other) {
    float[] padded = Arrays.copyOf(other, bias.length);
    return new PackedMatrix(packed, padded, depth, columns, lanes, firstRow, panelRows);
  }

  /** Returns a view of some rows of the summed dimension. */
  public PackedMatrix rows(int first, int count) {
    return new PackedMatrix(packed, bias, count, columns, lanes, firstRow + first, panelRows);
  }

  /** Packs weights in an array; see {@link #of(Elements, int, Cut, float[], int)}. */
  public static PackedMatrix of(float[] weights, int columns, Cut cut, float[] bias, int lanes) {
    return of(
        (from, to, at, count) -> System.arraycopy(weights, from, to, at, count),
        columns,
        cut,
        bias,
        lanes);
  }

  /**
   * Copies columns so that their elements of one row are adjacent, {@link #TRANSPOSED_ROWS} rows at
   * a time.
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
        int index = to + c;
        for (int k = first; k < end; k++) {
          packed[index + k * width] = columns[at + k];
        }
      }
    }
  }

  /** Allocates a matrix that a session packs in each run. */
  public static PackedMatrix allocate(int columns, int depth, int lanes) {
    // With wide vectors, matrices of few columns have narrower panels.
    int narrow = Math.ceilDiv(columns, MIN_COLUMNS) * MIN_COLUMNS;
    int unit = Math.clamp(narrow, 1, lanes);
    int padded = Math.ceilDiv(columns, unit) * unit;
    return new PackedMatrix(
        new float[ArraySize.product(padded, depth)],
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
   * @param at index of element 0 of column 0
   * @param step distance of a column's elements
   * @param columnStep distance of columns
   * @throws IllegalArgumentException if neither distance is 1
   */
  public void pack(int panel, float[] elements, int at, int step, int columnStep) {
    int width = width(panel);
    int first = firstColumn(panel);
    int count = Math.min(width, columns - first);
    int from = at + first * columnStep;
    int to = panelOffset(panel);
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
    throw new IllegalArgumentException(
        "elements are %d apart and columns %d; expected one distance of 1"
            .formatted(step, columnStep));
  }

  /**
   * Packs a panel of 8-bit integers, from which it subtracts their zero point. The bias becomes the
   * contribution of the left operand's zero point, as in gemmlowp.
   *
   * @param at index of element 0 of column 0
   * @param step distance of a column's elements
   * @param columnStep distance of columns
   * @param inputZero the zero point of the left operand
   */
  public void pack(
      int panel, byte[] elements, int at, int step, int columnStep, int zeroPoint, int inputZero) {
    int width = width(panel);
    int first = firstColumn(panel);
    int count = Math.min(width, columns - first);
    for (int c = 0; c < count; c++) {
      int from = at + (first + c) * columnStep;
      int to = panelOffset(panel) + c;
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

  /** Returns the number of columns of a panel, including its padding. */
  public int width(int panel) {
    return Math.min(2 * lanes, bias.length - firstColumn(panel));
  }

  public int firstColumn(int panel) {
    return panel * 2 * lanes;
  }

  /** Returns the column after a panel's last, including its padding. */
  int endColumn(int panel) {
    return firstColumn(panel) + width(panel);
  }

  /** Returns the index in {@link #packed} of a panel's first element. */
  int panelOffset(int panel) {
    return firstColumn(panel) * panelRows + firstRow * width(panel);
  }

  /** Returns the panels, one after the other. */
  @SuppressWarnings("MutableArrayReturn")
  public float[] packed() {
    return packed;
  }

  /** Returns the bias, one element for each column including the padding. */
  @SuppressWarnings("MutableArrayReturn")
  public float[] bias() {
    return bias;
  }
}
