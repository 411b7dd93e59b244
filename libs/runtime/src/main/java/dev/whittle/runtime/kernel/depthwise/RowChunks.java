package dev.whittle.runtime.kernel.depthwise;

import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;

/** The lines of outputs of windows that read pictures where they are, divided among threads. */
record RowChunks(WindowGeometry windows, int perChunk, int chunksPerImage) {
  private static final int CHUNKS_PER_THREAD = 4;

  static RowChunks of(WindowGeometry windows, Workers workers) {
    int height = windows.outputHeight();
    int perChunk = Math.max(1, Math.ceilDiv(height, CHUNKS_PER_THREAD * workers.count()));
    return new RowChunks(windows, perChunk, Math.ceilDiv(height, perChunk));
  }

  int chunks() {
    return windows.batch() * chunksPerImage;
  }

  int image(int chunk) {
    return chunk / chunksPerImage;
  }

  /** The first line of a chunk, counted in its picture. */
  int first(int chunk) {
    return chunk % chunksPerImage * perChunk;
  }

  /** The line behind a chunk's last. */
  int end(int chunk) {
    return Math.min(first(chunk) + perChunk, windows.outputHeight());
  }

  /**
   * Writes to the scratch space where the rows of the input that some lines read begin, and how far
   * apart their columns are: both 0 for a row that is beyond the border.
   *
   * @param origin where the first picture begins
   * @param y the first of the lines
   */
  void place(Scratch scratch, int origin, int image, int y, int lines) {
    int channels = windows.channels();
    int height = windows.filterHeight();
    int[] rows = scratch.rows(lines * height);
    int[] steps = scratch.steps(lines * height);
    for (int r = 0; r < lines * height; r++) {
      int row = windows.inputRow(y + r / height, r % height);
      boolean inside = row >= 0 && row < windows.height();
      int place = (image * windows.height() + row) * windows.width();
      rows[r] = inside ? origin + place * channels : 0;
      steps[r] = inside ? channels : 0;
    }
  }
}
