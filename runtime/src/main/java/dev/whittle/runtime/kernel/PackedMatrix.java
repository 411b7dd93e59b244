package dev.whittle.runtime.kernel;

/**
 * A constant matrix {@code [columns, depth]} packed to be multiplied: panels of two vectors of
 * columns, within a panel row by row of the summed dimension, and a last panel of one vector where
 * the columns leave no more. Columns beyond the last are zero. Read-only, so that sessions share
 * it.
 */
final class PackedMatrix {
  private final float[] packed;
  private final float[] bias;
  private final int depth;
  private final int columns;
  private final int lanes;

  private PackedMatrix(float[] packed, float[] bias, int depth, int columns, int lanes) {
    this.packed = packed;
    this.bias = bias;
    this.depth = depth;
    this.columns = columns;
    this.lanes = lanes;
  }

  /**
   * Which elements of a matrix's columns are packed.
   *
   * @param taps runs of a column
   * @param stride elements of a run
   * @param first of those packed of each run
   * @param run how many are packed of each
   */
  record Cut(int taps, int stride, int first, int run) {
    static Cut whole(int depth) {
      return new Cut(1, depth, 0, depth);
    }
  }

  /**
   * Packs weights.
   *
   * @param weights {@code [columns, taps, stride]}
   * @param bias one for each column, or none
   * @param lanes how many columns a vector holds
   */
  static PackedMatrix of(float[] weights, int columns, Cut cut, float[] bias, int lanes) {
    int vectors = Math.ceilDiv(columns, lanes);
    int depth = cut.taps * cut.run;
    var matrix =
        new PackedMatrix(
            new float[Math.multiplyExact(Math.multiplyExact(vectors, lanes), depth)],
            new float[vectors * lanes],
            depth,
            columns,
            lanes);
    for (int panel = 0; panel < matrix.panels(); panel++) {
      int width = matrix.width(panel);
      int column = matrix.firstColumn(panel);
      int count = Math.min(width, columns - column);
      for (int c = 0; c < count; c++) {
        int to = matrix.start(panel) + c;
        for (int tap = 0; tap < cut.taps; tap++) {
          int from = ((column + c) * cut.taps + tap) * cut.stride + cut.first;
          for (int k = 0; k < cut.run; k++, to += width) {
            matrix.packed[to] = weights[from + k];
          }
        }
      }
    }
    System.arraycopy(bias, 0, matrix.bias, 0, bias.length);
    return matrix;
  }

  int columns() {
    return columns;
  }

  int depth() {
    return depth;
  }

  int panels() {
    return Math.ceilDiv(bias.length, 2 * lanes);
  }

  /** How many columns a panel has room for: those of two vectors, or of one. */
  int width(int panel) {
    return Math.min(2 * lanes, bias.length - firstColumn(panel));
  }

  int firstColumn(int panel) {
    return panel * 2 * lanes;
  }

  /** Where a panel starts in {@link #packed}. */
  int start(int panel) {
    return firstColumn(panel) * depth;
  }

  @SuppressWarnings("MutableArrayReturn")
  float[] packed() {
    return packed;
  }

  /** One for each column that the panels have room for. */
  @SuppressWarnings("MutableArrayReturn")
  float[] bias() {
    return bias;
  }
}
