package dev.whittle.runtime.kernel;

/**
 * A product whose sums are whole numbers that outputs are made of, block by block: sums of a block
 * stay in the first-level cache, as does a panel of weights that many rows are multiplied by.
 */
abstract class SummedProduct extends Product {
  private static final int BLOCK_SUMS = 1 << 12;

  private final int blockRows;
  private final int blockPanels;

  /** How far apart rows of sums are. */
  private final int width;

  SummedProduct(Workers workers, Layer layer, Piece piece, Patches patches, PackedMatrix[] parts) {
    super(workers, layer, piece, patches, parts);
    int panelWidth = panels() == 0 ? 1 : panelWidth(0);
    int rows = Math.min(chunkRows(), BLOCK_SUMS / panelWidth);
    blockRows = Math.max(1, Math.ceilDiv(rows, MicroKernels.TILE_ROWS)) * MicroKernels.TILE_ROWS;
    blockPanels = Math.clamp(BLOCK_SUMS / (blockRows * panelWidth), 1, Math.max(1, panels()));
    width = blockPanels * panelWidth;
    int size = blockRows * width;
    reserve(size, parts.length > 1 ? size : 0);
  }

  /** How many of {@code count} rows from {@code row} on are finished alike. */
  int rowsAlike(int row, int count) {
    return count;
  }

  /**
   * Makes outputs of sums: of the scratch space's floats where the matrix is in one part, else of
   * its integers.
   *
   * @param at where they begin in the scratch space
   * @param width how far apart rows of sums are
   * @param row the first row, one of {@code rows} that lie at equal distances in the output
   * @param column the first column
   */
  abstract void finish(
      Scratch scratch, int at, int width, int row, int rows, int column, int columns);

  @Override
  final void rows(
      Scratch scratch, float[] input, int first, int count, int row, int firstPanel, int end) {
    for (int from = 0; from < count; from += blockRows) {
      int rows = Math.min(blockRows, count - from);
      for (int panel = firstPanel; panel < end; panel += blockPanels) {
        int last = Math.min(panel + blockPanels, end);
        sum(scratch, input, first + from, rows, panel, last);
        int column = firstColumn(panel);
        int columns = endColumn(last - 1) - column;
        for (int done = 0; done < rows; ) {
          int at = row + from + done;
          int alike = rowsAlike(at, adjacentRows(at, rows - done));
          finish(scratch, done * width, width, at, alike, column, columns);
          done += alike;
        }
      }
    }
  }

  /** The sums of some rows and panels. */
  private void sum(
      Scratch scratch, float[] input, int first, int rows, int firstPanel, int lastPanel) {
    float all = Float.POSITIVE_INFINITY;
    int at = -firstColumn(firstPanel);
    float[] sums = scratch.sums();
    for (int part = 0; part < parts(); part++) {
      multiply(
          part, scratch, input, first, rows, firstPanel, lastPanel, sums, at, width, -all, all);
      if (parts() > 1) {
        scratch.addSums(part == 0, rows * width);
      }
    }
  }
}
