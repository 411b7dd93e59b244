package dev.whittle.runtime.kernel.depthwise;

import dev.whittle.runtime.kernel.execution.Scratch;
import dev.whittle.runtime.kernel.execution.Workers;
import dev.whittle.runtime.kernel.geometry.WindowGeometry;
import dev.whittle.runtime.kernel.simd.InputRows;

/** The rows of the output of windows that read images in place, divided among threads. */
record RowChunks(WindowGeometry windows, int perChunk, int chunksPerImage) {
  private static final int CHUNKS_PER_THREAD = 4;

  static RowChunks of(WindowGeometry windows, Workers workers) {
    int height = windows.outputHeight();
    int perChunk = Math.max(1, Math.ceilDiv(height, CHUNKS_PER_THREAD * workers.count()));
    return new RowChunks(windows, perChunk, Math.ceilDiv(height, perChunk));
  }

  /** Returns the number of chunks of all images. */
  int chunks() {
    return windows.batch() * chunksPerImage;
  }

  /** Returns the index of a chunk's image. */
  int image(int chunk) {
    return chunk / chunksPerImage;
  }

  /** Returns the first row of a chunk in its image. */
  int first(int chunk) {
    return chunk % chunksPerImage * perChunk;
  }

  /** Returns the row after a chunk's last in its image. */
  int end(int chunk) {
    return Math.min(first(chunk) + perChunk, windows.outputHeight());
  }

  /**
   * Sets {@link Scratch#inputRows} to the rows of the input that some rows of the output read.
   *
   * @param origin index of the input's first element
   * @param y the first row of the output in its image
   */
  void findInputRows(Scratch scratch, int origin, int image, int y, int rows) {
    int channels = windows.channels();
    int height = windows.filterHeight();
    InputRows inputRows = scratch.inputRows;
    inputRows.reserve(rows * height);
    for (int r = 0; r < rows * height; r++) {
      int row = windows.inputRow(y + r / height, r % height);
      boolean inside = row >= 0 && row < windows.height();
      int start = origin + (image * windows.height() + row) * windows.width() * channels;
      inputRows.set(r, inside ? start : 0, inside ? channels : 0);
    }
  }
}
